#include "common/protocol/question_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.h"
#include "common/base/version.h"
#include "common/receiver/receiver.h"

namespace protocol {

namespace {

using receiver::Scope;

// What a key means; the names are those of Mail::SPF::Query, Mail::SPF, libspf2 and Postfix's policy protocol.
enum class Key : std::uint8_t { ip, helo, sender, identity, scope, receiver, recipient, id, keep, format, timeout, request };

struct KeyName {
  std::string_view name;
  Key key;
};
constexpr std::array kKeys = {
    KeyName{"ip", Key::ip},
    KeyName{"ip_address", Key::ip},
    KeyName{"ipv4", Key::ip},
    KeyName{"ipv6", Key::ip},
    KeyName{"client_address", Key::ip},
    KeyName{"helo", Key::helo},
    KeyName{"helo_identity", Key::helo},
    KeyName{"helo_name", Key::helo},
    KeyName{"sender", Key::sender},
    KeyName{"mailfrom", Key::sender},
    KeyName{"identity", Key::identity},
    KeyName{"scope", Key::scope},
    KeyName{"receiver", Key::receiver},
    KeyName{"rcpt", Key::recipient},
    KeyName{"rcpt_to", Key::recipient},
    KeyName{"recipient", Key::recipient},
    KeyName{"id", Key::id},
    KeyName{"keep", Key::keep},
    KeyName{"format", Key::format},
    KeyName{"timeout", Key::timeout},
    KeyName{"request", Key::request},
};

std::optional<Key> key_of(std::string_view name) {
  for (const KeyName& known : kKeys) {
    if (base::equals_ignoring_case(name, known.name)) return known.key;
  }
  return std::nullopt;
}

// As values stand in the question. The views point into it.
struct Values {
  std::optional<std::string_view> ip;
  std::string_view helo;
  std::string_view sender;
  bool sender_is_identity = false;  // it came by the key "identity"
  std::string_view scope;
  std::string_view receiver;
  std::string_view recipient;
  std::string_view id;
  std::string_view keep;
  std::string_view format;
  std::string_view timeout;
  std::string_view request;

  void set(Key key, std::string_view value) {
    switch (key) {
      case Key::ip: ip = value; break;
      case Key::helo: helo = value; break;
      case Key::sender:
      case Key::identity:
        sender = value;
        sender_is_identity = key == Key::identity;
        break;
      case Key::scope: scope = value; break;
      case Key::receiver: receiver = value; break;
      case Key::recipient: recipient = value; break;
      case Key::id: id = value; break;
      case Key::keep: keep = value; break;
      case Key::format: format = value; break;
      case Key::timeout: timeout = value; break;
      case Key::request: request = value; break;
    }
  }
};

Values read_values(std::string_view text) {
  Values values;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    if (const auto key = key_of(base::strip(line.substr(0, equals)))) values.set(*key, base::strip(line.substr(equals + 1)));
  }
  return values;
}

// How a client's value is shown in an error sentence.
std::string shown(std::string_view value) { return "'" + base::printable(base::clip(value, 64)) + "'"; }

// "192.0.2.1", "2001:DB8::1", and as an address literal (RFC 5321 §4.1.3): "[192.0.2.1]", "[IPv6:2001:db8::1]".
std::optional<base::IpAddress> parse_client(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = base::strip(text.substr(1, text.size() - 2));
  constexpr std::string_view kTag = "IPv6:";
  if (base::starts_with_ignoring_case(text, kTag)) text.remove_prefix(kTag.size());
  return base::IpAddress::parse(text);
}

bool is_yes(std::string_view value) {
  return value == "1" || base::equals_ignoring_case(value, "yes") || base::equals_ignoring_case(value, "true") ||
         base::equals_ignoring_case(value, "on");
}

// Seconds, with decimals if need be and an "s" as Exim writes it: "20", "2.5", "20s".
std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) {
  if (text.ends_with('s') || text.ends_with('S')) text.remove_suffix(1);
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view decimals = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (whole.empty() && decimals.empty()) return std::nullopt;
  constexpr long kMaximum = kMaxTimeout.count();
  long milliseconds = 0;
  for (const char c : whole) {
    if (!base::is_digit(c)) return std::nullopt;
    milliseconds = std::min(milliseconds * 10 + (c - '0') * 1000L, kMaximum);
  }
  long unit = 100;
  for (const char c : decimals) {
    if (!base::is_digit(c)) return std::nullopt;
    milliseconds += (c - '0') * unit;
    unit /= 10;
  }
  return std::chrono::milliseconds(std::min(milliseconds, kMaximum));
}

// Sets what is asked for, and returns what is wrong with it.
std::string read_request(const Values& values, receiver::Request& request) {
  request.sender = receiver::bare_sender(values.sender);
  request.helo = values.helo;
  request.receiver = values.receiver;
  request.recipient = values.recipient;
  if (base::equals_ignoring_case(values.scope, "helo")) {
    request.scope = Scope::helo;
    // Mail::SPF's clients send the HELO name as the identity of this scope.
    if (!request.sender.empty() && (values.sender_is_identity || request.helo.empty())) {
      request.helo = std::move(request.sender);
      request.sender.clear();
    }
  } else if (base::equals_ignoring_case(values.scope, "mfrom") || base::equals_ignoring_case(values.scope, "mailfrom")) {
    request.scope = Scope::mailfrom;
  } else if (base::equals_ignoring_case(values.scope, "pra")) {
    return "scope=pra (Sender ID) is not supported";
  } else if (!values.scope.empty()) {
    return "unknown scope " + shown(values.scope) + "; it is helo or mfrom";
  }

  if (!values.ip) return "no ip= was given";
  // Mail from the host itself has no client address; that is no error.
  if (values.ip->empty()) return {};
  request.client = parse_client(*values.ip);
  if (!request.client) return "ip= is no IP address: " + shown(*values.ip);
  if (request.sender.empty() && request.helo.empty()) return "neither sender= nor helo= was given";
  return {};
}

// Collects an answer in one of the two formats.
class AnswerWriter {
 public:
  explicit AnswerWriter(Format format) : json_(format == Format::json) { out_.reserve(2048); }

  void text(std::string_view key, std::string_view value) {
    begin(key);
    const std::string_view part = value.substr(0, value.size() > kMaxLine ? kMaxLine - 3 : kMaxLine);
    if (json_) {
      out_ += '"';
      append_escaped(part);
    } else {
      const std::size_t from = out_.size();
      out_ += part;
      std::replace_if(out_.begin() + static_cast<std::ptrdiff_t>(from), out_.end(), is_unsafe, '?');
    }
    if (part.size() < value.size()) out_ += "...";
    end(json_ ? "\"" : "\n");
  }
  void number(std::string_view key, unsigned long value) {
    begin(key);
    out_ += fmt::format_int(value).c_str();
    end(json_ ? "" : "\n");
  }
  [[nodiscard]] bool is_json() const { return json_; }
  std::string finish() {
    out_ += json_ ? "}\n" : "\n";
    return std::move(out_);
  }

 private:
  static bool is_unsafe(char c) { return !base::is_printable(c); }
  void append_escaped(std::string_view value) {
    for (const char c : value) {
      // RFC 8259 §7: of printable US-ASCII, only these two are escaped.
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += is_unsafe(c) ? '?' : c;
    }
  }
  void begin(std::string_view key) {
    if (json_) {
      out_.append(out_.empty() ? "{\"" : ", \"").append(key).append("\": ");
    } else {
      out_.append(key).append("=");
    }
  }
  void end(std::string_view text) { out_ += text; }

  std::string out_;
  bool json_;
};

std::string_view result_word(spf::Result result, const ReplyStyle& style) {
  if (style.legacy_results && result == spf::Result::permerror) return "unknown";
  if (style.legacy_results && result == spf::Result::temperror) return "error";
  return spf::result_name(result);
}

unsigned long count(int value) { return value < 0 ? 0 : static_cast<unsigned long>(value); }

}  // namespace

void QuestionReader::feed(std::string_view bytes) {
  if (broken_) return;
  // What was given out goes when it is at least half of the buffer: so each byte is moved about once.
  if (begin_ > 0 && begin_ >= buffer_.size() - begin_) {
    buffer_.erase(0, begin_);
    line_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  buffer_ += bytes;
}

// The question up to `end`; the next one begins at `next_begin`.
std::string_view QuestionReader::take(std::size_t end, std::size_t next_begin) {
  const std::string_view text = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = line_ = scanned_ = next_begin;
  any_ = true;
  return text;
}

Question QuestionReader::give_up(std::string_view why) {
  broken_ = true;
  Question question = parse_question(take(line_, buffer_.size()));
  question.is_ping = false;
  question.keep = false;
  question.error = why;
  return question;
}

std::optional<Question> QuestionReader::next() {
  if (broken_) return std::nullopt;
  for (;;) {
    const std::size_t lf = buffer_.find('\n', scanned_);
    const bool complete = lf != std::string::npos;
    const std::size_t end = complete ? lf : buffer_.size();
    scanned_ = end;
    const std::string_view line = std::string_view(buffer_).substr(line_, end - line_);
    if (line.size() - (line.ends_with('\r') ? 1 : 0) > kMaxLine) return give_up("a line is longer than 8192 bytes");
    if (end - begin_ > kMaxQuestion) return give_up("the question is longer than 16384 bytes");
    if (!complete) break;
    const std::size_t next_line = lf + 1;
    if (!base::strip(line).empty()) {
      line_ = scanned_ = next_line;
    } else if (line_ > begin_ || !any_) {
      return parse_question(take(line_, next_line));
    } else {
      begin_ = line_ = scanned_ = next_line;
    }
  }
  if (!finished_) return std::nullopt;
  const bool is_blank = line_ == begin_ && base::strip(std::string_view(buffer_).substr(line_)).empty();
  if (is_blank && any_) {
    begin_ = line_ = scanned_ = buffer_.size();
    return std::nullopt;
  }
  return parse_question(take(buffer_.size(), buffer_.size()));
}

Question parse_question(std::string_view text) {
  const Values values = read_values(text);
  Question question;
  question.keep = is_yes(values.keep);
  question.id = values.id;
  question.is_ping = base::equals_ignoring_case(values.request, "ping");
  const bool is_json = base::equals_ignoring_case(values.format, "json");
  if (is_json) question.format = Format::json;
  if (question.is_ping) return question;

  question.error = read_request(values, question.request);
  if (!values.timeout.empty()) {
    question.timeout = parse_seconds(values.timeout);
    if (!question.timeout) question.error = "timeout= is no number of seconds: " + shown(values.timeout);
  }
  if (!is_json && !values.format.empty() && !base::equals_ignoring_case(values.format, "lines")) {
    question.error = "unknown format " + shown(values.format) + "; it is lines or json";
  }
  return question;
}

std::string encode_reply(const receiver::Reply& reply, const Question& question, const ReplyStyle& style) {
  AnswerWriter answer(question.format);
  answer.text("result", result_word(reply.result, style));
  answer.text("smtp_comment", reply.smtp_comment);
  answer.text("header_comment", reply.header_comment);
  answer.text("local_explanation", reply.local_explanation);
  answer.text("authority_explanation", reply.authority_explanation);
  answer.text("received_spf_header", reply.received_spf_header);
  answer.text("authentication_results", reply.authentication_results);
  answer.text("spf_record", reply.spf_record);
  answer.text("identity", reply.identity ? spf::identity_name(*reply.identity) : std::string_view());
  answer.text("mechanism", reply.mechanism);
  answer.text("problem", reply.problem);
  answer.text("action", receiver::action_name(reply.action));
  answer.number("smtp_code", count(reply.smtp_code));
  answer.number("lookups", count(reply.lookups));
  answer.number("void_lookups", count(reply.void_lookups));
  if (answer.is_json()) answer.number("ttl", reply.ttl);
  if (!question.id.empty()) answer.text("id", question.id);
  if (!reply.error.empty()) answer.text("error", reply.error);
  return answer.finish();
}

std::string encode_pong(const Question& question) {
  AnswerWriter answer(question.format);
  answer.number("pong", 1);
  answer.text("version", base::kVersion);
  if (!question.id.empty()) answer.text("id", question.id);
  return answer.finish();
}

}  // namespace protocol
