#include "common/protocol/tcp_table.h"

#include "common/base/hex.h"
#include "common/base/printable.h"
#include "common/base/text.h"

namespace protocol {

namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() != '%') {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto byte = base::bytes_of_hex(text.substr(1, 2));
    if (text.size() < 3 || !byte) return std::nullopt;
    out += *byte;
    text.remove_prefix(3);
  }
  return out;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (base::is_printable(c) && c != ' ' && c != '%') {
      out += c;
      continue;
    }
    out += '%';
    base::append_hex(out, static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

receiver::SrsRequest parse_tcp_table_line(std::string_view line, SrsMap map) {
  constexpr std::string_view kGet = "get ";
  if (!line.starts_with(kGet)) return receiver::invalid_request("the request is not \"get KEY\"");
  auto key = decoded(line.substr(kGet.size()));
  if (!key) return receiver::invalid_request("the key has a % without two hexadecimal digits");
  return {map == SrsMap::forward ? receiver::SrsRequest::Kind::forward : receiver::SrsRequest::Kind::reverse,
          std::move(*key),
          {},
          {}};
}

std::optional<receiver::SrsRequest> TcpTableReader::next() {
  if (broken_) return std::nullopt;
  if (const auto line = lines_.next()) return parse_tcp_table_line(*line, map_);
  if (!lines_.is_broken()) return std::nullopt;
  broken_ = true;
  return receiver::SrsRequest{receiver::SrsRequest::Kind::too_long, {}, {}, "the request is longer than 8192 bytes"};
}

std::string encode_tcp_table(const receiver::SrsReply& reply) {
  switch (reply.kind) {
    case receiver::SrsReply::Kind::ok: return "200 " + encoded(reply.text) + "\n";
    case receiver::SrsReply::Kind::unchanged: return "500 " + base::without_controls(reply.reason) + "\n";
    case receiver::SrsReply::Kind::not_found: return "500 " + base::without_controls(reply.text) + "\n";
    case receiver::SrsReply::Kind::temporary:
    case receiver::SrsReply::Kind::timeout:
    case receiver::SrsReply::Kind::permanent: break;
  }
  return "400 " + base::without_controls(reply.text) + "\n";
}

}  // namespace protocol
