#include "common/protocol/srs_lines.h"

#include "common/base/text.h"

namespace protocol {

namespace {

constexpr std::string_view kBlanks = " \t";

SrsRequest invalid(std::string_view why) { return {SrsRequest::Kind::invalid, {}, {}, std::string(why)}; }

}  // namespace

SrsRequest parse_srs_line(std::string_view line) {
  line = base::strip(line);
  const std::size_t blank = line.find_first_of(kBlanks);
  const std::string_view command = line.substr(0, blank);
  const std::string_view rest = blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
  if (base::equals_ignoring_case(command, "REVERSE")) {
    if (rest.empty()) return invalid("REVERSE takes an address");
    return {SrsRequest::Kind::reverse, std::string(base::strip(rest)), {}, {}};
  }
  if (!base::equals_ignoring_case(command, "FORWARD")) return invalid("the request is neither FORWARD nor REVERSE");
  // A quoted sender may have blanks of its own; the alias has none.
  const std::size_t last = rest.find_last_of(kBlanks);
  if (last == std::string_view::npos) return invalid("FORWARD takes a sender and an alias");
  return {SrsRequest::Kind::forward, std::string(base::strip(rest.substr(0, last))), std::string(rest.substr(last + 1)), {}};
}

std::optional<SrsRequest> SrsLinesReader::next() {
  if (done_) return std::nullopt;
  const auto line = lines_.next();
  if (!line && !lines_.is_broken()) return std::nullopt;
  done_ = true;
  if (!line) return SrsRequest{SrsRequest::Kind::too_long, {}, {}, "the line is longer than 4096 bytes"};
  return parse_srs_line(*line);
}

std::string encode_srs_line(const SrsReply& reply) {
  const bool is_address = reply.kind == SrsReply::Kind::ok || reply.kind == SrsReply::Kind::unchanged;
  return (is_address ? "" : "ERROR: ") + without_controls(reply.text) + "\n";
}

}  // namespace protocol
