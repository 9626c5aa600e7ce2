#include "spfquery/request.h"

#include <fmt/core.h>

#include <vector>

namespace spfquery {

namespace {

void add_line(std::string& lines, std::string_view key, std::string_view value) {
  lines.append(key).append("=");
  for (const char c : value) lines += c == '\n' || c == '\r' || c == '\0' ? '?' : c;
  lines += '\n';
}

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

std::string query_lines(const protocol::QueryLines& asked, const Options& options) {
  const receiver::Request& request = asked.request;
  std::string lines;
  add_line(lines, "ip", request.client ? request.client->text() : std::string());
  add_line(lines, "helo", request.helo);
  add_line(lines, "sender", request.sender);
  if (request.scope != receiver::Scope::automatic) {
    add_line(lines, "scope", request.scope == receiver::Scope::helo ? "helo" : "mfrom");
  }
  if (!request.receiver.empty()) add_line(lines, "receiver", request.receiver);
  if (!request.recipient.empty()) add_line(lines, "rcpt", request.recipient);
  if (asked.format == protocol::Format::json) add_line(lines, "format", "json");
  if (!asked.id.empty()) add_line(lines, "id", asked.id);
  add_line(lines, "timeout", fmt::format("{:.3f}", static_cast<double>(options.timeout.count()) / 1000));
  return lines + '\n';
}

}  // namespace spfquery
