#include "t/support/dns_reply.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "t/support/dns_wire.h"

namespace support {

namespace {

constexpr std::size_t kHeaderSize = 12;
constexpr unsigned kCname = 5, kOpt = 41, kServfail = 2, kNameError = 3;
constexpr unsigned kCookieOption = 10, kBadCookieLow = 7, kBadCookieHigh = 1;  // RCODE 23, in two parts
constexpr std::size_t kClientCookie = 8;
constexpr std::string_view kServerCookie = "server's cookie!";

// Writes the data of the n-th record of an answer.
void write_data(WireWriter& out, dns::Type type, const dns::Answer& answer, std::size_t n) {
  switch (type) {
    case dns::Type::a:
      for (const auto byte : answer.addresses[n].bytes()) out.u8(byte);
      break;
    case dns::Type::aaaa:  // an IPv4 address was "::ffff:a.b.c.d"
      if (answer.addresses[n].is_v4()) out.u32(0).u32(0).u16(0).u16(0xffff);
      for (const auto byte : answer.addresses[n].bytes()) out.u8(byte);
      break;
    case dns::Type::mx: out.u16(static_cast<unsigned>(n + 1) * 10).name(answer.names[n]); break;
    case dns::Type::ns:
    case dns::Type::ptr: out.name(answer.names[n]); break;
    case dns::Type::spf:
    case dns::Type::txt: out.strings(answer.texts[n]); break;
  }
}

std::size_t count_of(dns::Type type, const dns::Answer& answer) {
  switch (type) {
    case dns::Type::a:
    case dns::Type::aaaa: return answer.addresses.size();
    case dns::Type::mx:
    case dns::Type::ns:
    case dns::Type::ptr: return answer.names.size();
    case dns::Type::spf:
    case dns::Type::txt: return answer.texts.size();
  }
  return 0;
}

unsigned write_records(WireWriter& out, const std::vector<Reaction::Records>& all) {
  std::size_t count = 0;
  for (const auto& [owner, type, answer] : all) {
    for (std::size_t i = 0; i < count_of(type, answer); ++i, ++count) {
      out.begin_record(owner, static_cast<unsigned>(type), answer.ttl);
      write_data(out, type, answer, i);
      out.end_record();
    }
  }
  return static_cast<unsigned>(count);
}

void write_opt(WireWriter& out, unsigned rcode_high, std::string_view cookie) {
  out.u8(0).u16(kOpt).u16(1232).u32(rcode_high << 24).u16(cookie.empty() ? 0U : static_cast<unsigned>(cookie.size()) + 4);
  if (!cookie.empty()) out.u16(kCookieOption).u16(static_cast<unsigned>(cookie.size())).bytes(cookie);
}

// Returns the server's answer to the client's cookie.
std::string cookie_for(const ReceivedQuery& query, Reaction::Cookies cookies) {
  if (query.cookie.size() < kClientCookie || cookies == Reaction::Cookies::unknown) return {};
  std::string own(query.cookie.begin(), query.cookie.begin() + kClientCookie);
  if (cookies == Reaction::Cookies::wrong_length) return own.substr(0, 5);
  if (cookies == Reaction::Cookies::wrong) own[0] = static_cast<char>(own[0] ^ 1);
  return own.append(kServerCookie);
}

bool has_server_cookie(const ReceivedQuery& query) {
  return query.cookie.size() == kClientCookie + kServerCookie.size() &&
         std::equal(kServerCookie.begin(), kServerCookie.end(), query.cookie.begin() + kClientCookie,
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

class Reply {
 public:
  Reply(const ReceivedQuery& query, const Reaction& reaction)
      : query_(query), reaction_(reaction), cookie_(cookie_for(query, reaction.cookies)) {}

  [[nodiscard]] std::vector<std::uint8_t> bad_cookie() {
    rcode_high_ = kBadCookieHigh;
    return plain(kBadCookieLow);
  }

  [[nodiscard]] std::vector<std::uint8_t> plain(unsigned rcode) const {
    return message(query_.id, query_.question_section, WireWriter::kResponse | rcode, WireWriter{}, {0, 0, 0});
  }

  [[nodiscard]] std::vector<std::uint8_t> truncated() const { return plain(WireWriter::kTruncated); }

  [[nodiscard]] std::vector<std::uint8_t> only_header(unsigned rcode) const {
    WireWriter out;
    return out.header(query_.id, WireWriter::kResponse | rcode, 0, 0).out();
  }

  [[nodiscard]] std::vector<std::uint8_t> right(unsigned id, const std::vector<std::uint8_t>& question) const {
    const dns::Answer& answer = reaction_.answer;
    if (!query_.question) return plain(0);
    if (answer.status == dns::Status::failure) return plain(kServfail);
    // Compression pointers are offsets from the start, so the header and the question are in front while the sections are
    // written.
    WireWriter out;
    out.header(0, 0, 0, 0);
    for (const auto byte : question) out.u8(byte);
    Counts counts;
    counts.answers = write_records(out, reaction_.unrelated);
    std::size_t owner = kHeaderSize;
    for (const std::string& target : reaction_.cnames) {
      out.begin_record(owner, kCname, answer.ttl);
      owner = out.size();
      out.name(target).end_record();
      ++counts.answers;
    }
    const dns::Type type = query_.question->type;
    for (std::size_t i = 0; i < count_of(type, answer); ++i, ++counts.answers) {
      out.begin_record(owner, static_cast<unsigned>(type), answer.ttl);
      write_data(out, type, answer, i);
      out.end_record();
    }
    if (answer.is_void() && answer.ttl != 0 && reaction_.has_soa) {
      out.soa("", answer.ttl, answer.ttl);
      counts.authority = 1;
    }
    counts.additional = write_records(out, reaction_.additional);
    const unsigned rcode = answer.status == dns::Status::name_error ? kNameError : 0;
    return message(id, question, WireWriter::kResponse | rcode, out, counts);
  }

  [[nodiscard]] std::vector<std::uint8_t> wrong_question() const {
    WireWriter other;
    other.question("wrong.invalid", query_.question ? static_cast<unsigned>(query_.question->type) : 1);
    return right(query_.id, other.out());
  }

  [[nodiscard]] std::vector<std::uint8_t> compression_loop() const {
    WireWriter out = begin();
    out.begin_record(out.size(), 1, 60).u32(0).end_record();
    return message(query_.id, query_.question_section, WireWriter::kResponse, out, {1, 0, 0});
  }

  [[nodiscard]] std::vector<std::uint8_t> cname_loop() const {
    WireWriter out = begin();
    out.begin_record(kHeaderSize, kCname, 60);
    const std::size_t target = out.size();
    out.name("loop.invalid").end_record();
    out.begin_record(target, kCname, 60).pointer(kHeaderSize).end_record();
    return message(query_.id, query_.question_section, WireWriter::kResponse, out, {2, 0, 0});
  }

 private:
  struct Counts {
    unsigned answers = 0, authority = 0, additional = 0;
  };

  // Returns a writer with room for the header, and the question.
  [[nodiscard]] WireWriter begin() const {
    WireWriter out;
    out.header(0, 0, 0, 0);
    for (const auto byte : query_.question_section) out.u8(byte);
    return out;
  }

  // Returns a header, the question, and the part of `body` after both.
  [[nodiscard]] std::vector<std::uint8_t> message(unsigned id, const std::vector<std::uint8_t>& question, unsigned flags,
                                                  const WireWriter& body, Counts counts) const {
    WireWriter out;
    out.header(id, flags, 1, counts.answers, counts.authority, counts.additional + (query_.has_edns ? 1 : 0));
    for (const auto byte : question) out.u8(byte);
    for (std::size_t i = out.size(); i < body.size(); ++i) out.u8(body.out()[i]);
    if (query_.has_edns) write_opt(out, rcode_high_, cookie_);
    return out.out();
  }

  const ReceivedQuery& query_;
  const Reaction& reaction_;
  std::string cookie_;
  unsigned rcode_high_ = 0;
};

std::vector<std::vector<std::uint8_t>> write_guesses(const ReceivedQuery& query, const Reaction& reaction) {
  Reaction forgery = react(reaction.forged);
  const Reply forger(query, forgery);
  std::vector<std::vector<std::uint8_t>> messages;
  for (std::size_t i = reaction.guesses; i <= reaction.guesses; --i) {
    messages.push_back(forger.right((query.id + static_cast<unsigned>(i)) & 0xffffU, query.question_section));
  }
  return messages;
}

}  // namespace

Reaction react(dns::Answer answer) { return react(Reaction::Fault::none, std::move(answer)); }

Reaction react(Reaction::Fault fault, dns::Answer answer) {
  Reaction reaction;
  reaction.fault = fault;
  reaction.answer = std::move(answer);
  return reaction;
}

Reaction react_rcode(unsigned rcode) {
  Reaction reaction;
  reaction.rcode = rcode;
  return reaction;
}

std::optional<ReceivedQuery> read_query(std::span<const std::uint8_t> message) {
  const auto u16 = [&message](std::size_t at) { return message[at] * 256U + message[at + 1]; };
  // A query has one question, no answers, opcode 0, and is not a response.
  if (message.size() < kHeaderSize || (u16(2) & 0xf800U) != 0 || u16(4) != 1 || u16(6) != 0 || u16(8) != 0) return std::nullopt;
  ReceivedQuery query;
  query.id = u16(0);
  std::string text;
  std::size_t at = kHeaderSize;
  for (;;) {
    if (at >= message.size()) return std::nullopt;
    const std::size_t length = message[at++];
    if (length == 0) break;
    if (length > dns::Name::kMaxLabel || message.size() - at < length) return std::nullopt;
    const std::string label(message.begin() + static_cast<std::ptrdiff_t>(at),
                            message.begin() + static_cast<std::ptrdiff_t>(at + length));
    if (label.find('.') != std::string::npos) return std::nullopt;
    text += (text.empty() ? "" : ".") + label;
    at += length;
  }
  const auto name = dns::Name::parse(text);
  if (!name || message.size() - at < 4) return std::nullopt;
  const unsigned type = u16(at);
  for (const auto known :
       {dns::Type::a, dns::Type::ns, dns::Type::aaaa, dns::Type::mx, dns::Type::ptr, dns::Type::txt, dns::Type::spf}) {
    if (type == static_cast<unsigned>(known)) query.question = dns::Question{*name, known};
  }
  at += 4;
  query.question_section.assign(message.begin() + kHeaderSize, message.begin() + static_cast<std::ptrdiff_t>(at));
  if (u16(10) != 0 && message.size() - at >= 11 && message[at] == 0 && u16(at + 1) == kOpt) {
    query.has_edns = true;
    query.udp_payload = std::max<std::size_t>(u16(at + 3), 512);
    at += 11;
    if (message.size() - at >= 4 && u16(at) == kCookieOption && message.size() - at - 4 >= u16(at + 2)) {
      const auto begin = message.begin() + static_cast<std::ptrdiff_t>(at) + 4;
      query.cookie.assign(begin, begin + static_cast<std::ptrdiff_t>(u16(at + 2)));
    }
  }
  return query;
}

std::vector<std::vector<std::uint8_t>> write_reply(const ReceivedQuery& query, const Reaction& reaction, bool over_tcp) {
  using Fault = Reaction::Fault;
  Reply reply(query, reaction);
  const std::size_t limit = over_tcp ? 65535 : query.udp_payload;
  const auto fitting = [&](const std::vector<std::uint8_t>& message) {
    return message.size() > limit ? reply.truncated() : message;
  };
  if (!over_tcp && reaction.guesses > 0) return write_guesses(query, reaction);
  const bool is_never_right = reaction.cookies == Reaction::Cookies::never_right;
  const bool is_required = reaction.cookies == Reaction::Cookies::required;
  if (!over_tcp && (is_never_right || (is_required && !has_server_cookie(query)))) return {reply.bad_cookie()};
  if (reaction.rcode && (query.has_edns || !reaction.rcode_only_to_edns)) {
    return {reaction.rcode_only_header ? reply.only_header(*reaction.rcode) : reply.plain(*reaction.rcode)};
  }
  std::vector<std::vector<std::uint8_t>> messages;
  switch (reaction.fault) {
    case Fault::silence: return {};
    case Fault::compression_loop: return {reply.compression_loop()};
    case Fault::cname_loop: return {reply.cname_loop()};
    case Fault::truncated: return {reply.truncated()};
    case Fault::wrong_id: messages.push_back(fitting(reply.right(query.id ^ 0x5555U, query.question_section))); break;
    case Fault::wrong_question: messages.push_back(fitting(reply.wrong_question())); break;
    case Fault::garbage: messages.emplace_back(40, std::uint8_t{0xff}); break;
    case Fault::short_tcp:
    case Fault::stuck_tcp:
    case Fault::close_tcp:
    case Fault::none: return {fitting(reply.right(query.id, query.question_section))};
  }
  if (reaction.answer_follows) messages.push_back(fitting(reply.right(query.id, query.question_section)));
  return messages;
}

}  // namespace support
