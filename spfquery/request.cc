#include "spfquery/request.h"

#include <fmt/core.h>

#include <vector>

#include "common/protocol/query_client.h"

namespace spfquery {

namespace {

using protocol::add_line;

struct Tuple {
  std::string_view ip, sender, helo, recipient;
  bool sender_is_identity = false;
};

protocol::QueryLines ask(const Options& options, const Tuple& tuple) {
  std::string lines;
  add_line(lines, "ip", tuple.ip);
  // On the command line only the user can have left out both, so that is a mistake.
  const bool has_sender = !receiver::bare_sender(tuple.sender).empty();
  if (has_sender) add_line(lines, tuple.sender_is_identity ? "identity" : "sender", tuple.sender);
  if (!tuple.helo.empty()) add_line(lines, "helo", tuple.helo);
  add_line(lines, "rcpt", tuple.recipient);
  add_line(lines, "receiver", options.receiver);
  add_line(lines, "scope", options.scope);
  add_line(lines, "format", options.json ? "json" : "lines");
  if (options.why) add_line(lines, "explain", "1");
  return protocol::parse_query_lines(lines);
}

constexpr std::string_view kBlanks = " \t\r";

// Returns the end of the word at `from`; npos: the end of the line. Text in double quotes belongs to the word, blanks included,
// as in the local part "a b"@example.com (RFC 5321 §4.1.2); a quotation mark without a second one is an ordinary character.
std::size_t end_of_word(std::string_view line, std::size_t from) {
  for (std::size_t at = from; at < line.size(); ++at) {
    if (kBlanks.find(line[at]) != std::string_view::npos) return at;
    if (line[at] != '"') continue;
    std::size_t close = at + 1;
    while (close < line.size() && line[close] != '"') close += line[close] == '\\' ? 2U : 1U;
    if (close < line.size()) at = close;
  }
  return std::string_view::npos;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t from = line.find_first_not_of(kBlanks); from != std::string_view::npos;) {
    const std::size_t to = end_of_word(line, from);
    words.push_back(line.substr(from, to - from));
    from = line.find_first_not_of(kBlanks, to);
  }
  return words;
}

}  // namespace

protocol::QueryLines make_request(const Options& options) {
  return ask(options, {.ip = options.ip ? std::string_view(*options.ip) : std::string_view(),
                       .sender = options.sender ? std::string_view(*options.sender) : std::string_view(),
                       .helo = options.helo ? std::string_view(*options.helo) : std::string_view(),
                       .recipient = options.recipient,
                       .sender_is_identity = options.sender_is_identity});
}

protocol::QueryLines make_request(const Options& options, std::string_view line, std::size_t line_number) {
  const auto words = words_of(line);
  if (words.size() < 2 || words.size() > 4) {
    protocol::QueryLines asked;
    asked.error = fmt::format("{} where IP SENDER [HELO] was expected",
                              words.size() == 1 ? "one word" : fmt::format("{} words", words.size()));
    return asked;
  }
  Tuple tuple{.ip = words[0],
              .sender = words[1],
              .helo = options.helo ? std::string_view(*options.helo) : std::string_view(),
              .recipient = options.recipient,
              .sender_is_identity = true};
  if (words.size() > 2) tuple.helo = words[2];
  if (words.size() > 3) tuple.recipient = words[3];
  protocol::QueryLines asked = ask(options, tuple);
  asked.id = std::to_string(line_number);
  return asked;
}

}  // namespace spfquery
