#include "common/protocol/srs_lines.h"

#include "common/base/printable.h"
#include "common/base/text.h"

namespace protocol {

namespace {

constexpr std::string_view kBlanks = " \t";

// Removes the last word and the blanks after it, and returns the word. The blank before it stays.
std::string_view take_last_word(std::string_view& text) {
  while (!text.empty() && kBlanks.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  const std::size_t last = text.find_last_of(kBlanks);
  const std::string_view word = text.substr(last == std::string_view::npos ? 0 : last + 1);
  text.remove_suffix(word.size());
  return word;
}

// Reads the word of a result, also one of Mail::SPF::Query, which spfd writes with legacy-results.
std::optional<spf::Result> result_named(std::string_view name) {
  if (base::equals_ignoring_case(name, "unknown")) return spf::Result::permerror;
  if (base::equals_ignoring_case(name, "error")) return spf::Result::temperror;
  for (const auto result : {spf::Result::none, spf::Result::neutral, spf::Result::pass, spf::Result::fail, spf::Result::softfail,
                            spf::Result::temperror, spf::Result::permerror}) {
    if (base::equals_ignoring_case(name, spf::result_name(result))) return result;
  }
  return std::nullopt;
}

}  // namespace

receiver::SrsRequest parse_srs_line(std::string_view line) {
  line = base::strip(line);
  const std::size_t blank = line.find_first_of(kBlanks);
  const std::string_view command = line.substr(0, blank);
  std::string_view rest = blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
  if (base::equals_ignoring_case(command, "REVERSE")) {
    if (rest.empty()) return receiver::invalid_request("REVERSE takes an address");
    return {receiver::SrsRequest::Kind::reverse, std::string(base::strip(rest)), {}, {}};
  }
  if (!base::equals_ignoring_case(command, "FORWARD"))
    return receiver::invalid_request("the request is neither FORWARD nor REVERSE");
  // A quoted sender may contain blanks, so the words after it, which do not, are taken from the end.
  std::string_view alias = take_last_word(rest);
  receiver::SrsRequest request{receiver::SrsRequest::Kind::forward, {}, {}, {}};
  // With "@" it is an alias that happens to begin with "spf=".
  constexpr std::string_view kSpf = "spf=";
  if (base::starts_with_ignoring_case(alias, kSpf) && alias.find('@') == std::string_view::npos) {
    alias.remove_prefix(kSpf.size());
    request.spf = result_named(alias);
    if (!request.spf && !alias.empty()) return receiver::invalid_request("spf= is not one of the results of SPF");
    alias = take_last_word(rest);
  }
  if (alias.empty() || rest.empty()) return receiver::invalid_request("FORWARD takes a sender and an alias");
  request.address = base::strip(rest);
  request.alias = alias;
  return request;
}

std::optional<receiver::SrsRequest> SrsLinesReader::next() {
  if (done_) return std::nullopt;
  const auto line = lines_.next();
  if (!line && !lines_.is_broken()) return std::nullopt;
  done_ = true;
  if (!line) return receiver::SrsRequest{receiver::SrsRequest::Kind::too_long, {}, {}, "the line is longer than 4096 bytes"};
  return parse_srs_line(*line);
}

std::string encode_srs_line(const receiver::SrsReply& reply) {
  const bool is_address = reply.kind == receiver::SrsReply::Kind::ok || reply.kind == receiver::SrsReply::Kind::unchanged;
  return (is_address ? "" : "ERROR: ") + base::without_controls(reply.text) + "\n";
}

}  // namespace protocol
