#include "common/protocol/srs_reader.h"

#include <utility>

#include "common/base/overloaded.h"
#include "common/base/text.h"

namespace protocol {

std::string_view srs_protocol_name(SrsProtocol protocol) {
  switch (protocol) {
    case SrsProtocol::lines: return "lines";
    case SrsProtocol::tcp_table: return "tcp_table";
    case SrsProtocol::socketmap: return "socketmap";
  }
  return "";
}

std::optional<SrsProtocol> recognise_srs(std::string_view first_bytes) {
  if (first_bytes.empty()) return std::nullopt;
  if (base::is_digit(first_bytes.front())) return SrsProtocol::socketmap;
  for (const std::string_view command : {"get ", "put "}) {
    if (first_bytes.starts_with(command)) return SrsProtocol::tcp_table;
    if (command.starts_with(first_bytes)) return std::nullopt;
  }
  return SrsProtocol::lines;
}

void SrsReader::start(SrsProtocol protocol, std::string_view bytes) {
  switch (protocol) {
    case SrsProtocol::lines: reader_.emplace<SrsLinesReader>(); break;
    case SrsProtocol::tcp_table: reader_.emplace<TcpTableReader>(map_); break;
    case SrsProtocol::socketmap: reader_.emplace<SocketmapReader>(); break;
  }
  feed(bytes);
}

void SrsReader::feed(std::string_view bytes) {
  std::visit(base::Overloaded{[&](Unknown& unknown) {
                                unknown.bytes += bytes;
                                const std::string first = unknown.bytes;
                                if (const auto protocol = recognise_srs(first)) start(*protocol, first);
                              },
                              [&](auto& reader) { reader.feed(bytes); }},
             reader_);
}

void SrsReader::finish() {
  if (const auto* unknown = std::get_if<Unknown>(&reader_)) {
    const std::string first = unknown->bytes;
    start(protocol().value_or(SrsProtocol::lines), first);
  }
  std::visit(base::Overloaded{[](Unknown&) {}, [](auto& reader) { reader.finish(); }}, reader_);
}

std::optional<receiver::SrsRequest> SrsReader::next() {
  return std::visit(base::Overloaded{[](Unknown&) { return std::optional<receiver::SrsRequest>(); },
                                     [](auto& reader) { return reader.next(); }},
                    reader_);
}

std::string encode_srs(SrsProtocol protocol, const receiver::SrsReply& reply) {
  switch (protocol) {
    case SrsProtocol::lines: return encode_srs_line(reply);
    case SrsProtocol::tcp_table: return encode_tcp_table(reply);
    case SrsProtocol::socketmap: return encode_socketmap(reply);
  }
  return {};
}

bool SrsReader::must_close() const {
  return std::visit(
      base::Overloaded{[](const Unknown&) { return false; }, [](const auto& reader) { return reader.must_close(); }}, reader_);
}

bool SrsReader::has_partial() const {
  return std::visit(base::Overloaded{[](const Unknown& unknown) { return !unknown.bytes.empty(); },
                                     [](const auto& reader) { return reader.has_partial(); }},
                    reader_);
}

std::size_t SrsReader::held() const {
  return std::visit(base::Overloaded{[](const Unknown& unknown) { return unknown.bytes.size(); },
                                     [](const auto& reader) { return reader.held(); }},
                    reader_);
}

std::optional<SrsProtocol> SrsReader::protocol() const {
  if (std::holds_alternative<SrsLinesReader>(reader_)) return SrsProtocol::lines;
  if (std::holds_alternative<TcpTableReader>(reader_)) return SrsProtocol::tcp_table;
  if (std::holds_alternative<SocketmapReader>(reader_)) return SrsProtocol::socketmap;
  // Only the beginning of a tcp_table request leaves the protocol open (recognise_srs()).
  if (has_partial()) return SrsProtocol::tcp_table;
  return std::nullopt;
}

}  // namespace protocol
