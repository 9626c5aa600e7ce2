#include "common/dns/message.h"

#include <arpa/nameser.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "common/base/text.h"

namespace dns {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kHeaderSize = 12;
constexpr int kExtendedRcodeShift = 24;
constexpr unsigned kCookieOption = 10;  // RFC 7873 §4

void append_16(std::vector<std::uint8_t>& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void append_name(std::vector<std::uint8_t>& out, const Name& name) {
  if (!name.is_root()) {
    for (const std::string_view label : base::split(name.text(), '.')) {
      out.push_back(static_cast<std::uint8_t>(label.size()));
      out.insert(out.end(), label.begin(), label.end());
    }
  }
  out.push_back(0);
}

// One record of a section. `owner` is libresolv's escaped text, the only form that ns_parserr provides.
struct Record {
  std::string owner;
  int type = 0;
  int rr_class = 0;
  std::uint32_t ttl = 0;
  Bytes data;
};

// Reads the sections of a message, which must outlive it.
class Reader {
 public:
  explicit Reader(Bytes message) : message_(message) {}

  // Returns whether all counts and lengths fit the message exactly.
  bool start() {
    return message_.size() <= NS_MAXMSG && ns_initparse(message_.data(), static_cast<int>(message_.size()), &handle_) == 0;
  }

  // Returns the records of a section. All of them are read: the SPF record may be the last one, and an address that was left out
  // could lead to a fail. A message of 64 KiB holds 5956 records at most; start() checks the count.
  std::optional<std::vector<Record>> section(ns_sect which) {
    const int count = ns_msg_count(handle_, which);
    std::vector<Record> records;
    records.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      ns_rr rr;
      if (ns_parserr(&handle_, which, i, &rr) != 0) return std::nullopt;
      records.push_back({rr.name, rr.type, rr.rr_class, rr.ttl, Bytes(rr.rdata, rr.rdlength)});
    }
    return records;
  }

  // Returns the name that `data` consists of, as libresolv's text.
  [[nodiscard]] std::optional<std::string> escaped_name(Bytes data) const {
    std::array<char, NS_MAXDNAME> text{};
    const int used = dn_expand(begin(), end(), data.data(), text.data(), text.size());
    if (used < 0 || static_cast<std::size_t>(used) != data.size()) return std::nullopt;
    return text.data();
  }

  // Returns the name that `data` consists of, in the form of Answer::names.
  [[nodiscard]] std::optional<std::string> plain_name(Bytes data) const {
    std::array<std::uint8_t, NS_MAXCDNAME> wire{};
    const int used = ns_name_unpack(begin(), end(), data.data(), wire.data(), wire.size());
    if (used < 0 || static_cast<std::size_t>(used) != data.size()) return std::nullopt;
    std::string text;
    for (std::size_t at = 0; wire[at] != 0; at += 1U + wire[at]) {
      const std::string label(wire.begin() + static_cast<std::ptrdiff_t>(at + 1),
                              wire.begin() + static_cast<std::ptrdiff_t>(at + 1 + wire[at]));
      if (label.find('.') != std::string::npos) return "?";
      if (at != 0) text += '.';
      text += label;
    }
    const auto name = Name::parse(text);
    return name ? std::string(name->text()) : "?";
  }

 private:
  [[nodiscard]] const std::uint8_t* begin() const { return message_.data(); }
  [[nodiscard]] const std::uint8_t* end() const { return message_.data() + message_.size(); }

  Bytes message_;
  ns_msg handle_{};
};

// Returns the labels of `owner` that precede `ancestor`, with their trailing dot; "" when both are the same name. Returns nothing
// when `owner` is not `ancestor` or below it. Both names are libresolv's text.
std::optional<std::string_view> labels_below(std::string_view owner, std::string_view ancestor) {
  if (ancestor.empty() || ancestor == ".") return owner;
  if (owner.size() < ancestor.size()) return std::nullopt;
  const std::string_view below = owner.substr(0, owner.size() - ancestor.size());
  if (!base::equals_ignoring_case(owner.substr(below.size()), ancestor)) return std::nullopt;
  if (below.empty()) return below;
  // A dot after an odd number of backslashes belongs to a label.
  if (!below.ends_with('.')) return std::nullopt;
  const std::size_t before = below.size() - 1;
  const std::size_t last_other = below.substr(0, before).find_last_not_of('\\');
  const std::size_t backslashes = before - (last_other == std::string_view::npos ? 0 : last_other + 1);
  if (backslashes % 2 != 0) return std::nullopt;
  return below;
}

// Converts libresolv's text to a Name. Returns nothing when Name cannot hold it.
std::optional<Name> name_of(std::string_view escaped) {
  std::string text;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    char c = escaped[i];
    if (c == '\\') {  // "\." or "\123" (a byte that is not printable) cannot be in a Name; other escapes can
      if (++i == escaped.size()) return std::nullopt;
      c = escaped[i];
      if (c == '.' || base::is_digit(c)) return std::nullopt;
    }
    text += c;
  }
  return Name::parse(text);
}

// Returns whether the question section holds our question and nothing else.
bool echoes(Bytes message, const Question& question) {
  if (ns_get16(&message[4]) != 1) return false;
  std::array<std::uint8_t, NS_MAXCDNAME> echoed{};
  const std::uint8_t* end = message.data() + message.size();
  const std::uint8_t* at = message.data() + kHeaderSize;
  const int used = ns_name_unpack(message.data(), end, at, echoed.data(), echoed.size());
  if (used < 0 || end - at < used + 4) return false;
  std::vector<std::uint8_t> asked;
  append_name(asked, question.name);
  // Lengths of labels are below 'A', so lower-casing the whole name changes only its letters.
  const auto same = [](std::uint8_t a, std::uint8_t b) {
    return base::to_lower(static_cast<char>(a)) == base::to_lower(static_cast<char>(b));
  };
  return std::equal(asked.begin(), asked.end(), echoed.begin(), same) &&
         ns_get16(at + used) == static_cast<unsigned>(question.type) && ns_get16(at + used + 2) == ns_c_in;
}

// Returns the TTL, or zero if its top bit is set (RFC 2181 §8).
std::uint32_t sane_ttl(std::uint32_t ttl) { return (ttl & 0x80000000U) != 0 ? 0 : ttl; }

// Joins the character-strings of a TXT record (RFC 7208 §3.3). A record without strings is the empty text.
std::optional<JoinedText> joined_strings(Bytes data) {
  JoinedText joined;
  joined.text.reserve(data.size());
  while (!data.empty()) {
    const std::size_t length = data[0];
    if (length >= data.size()) return std::nullopt;
    const Bytes part = data.subspan(1, length);
    joined.add(std::string(part.begin(), part.end()));
    data = data.subspan(1 + length);
  }
  return joined;
}

// Collects the records that answer one question from the answer section.
class Collector {
 public:
  Collector(const Reader& reader, const std::vector<Record>& section, Type type)
      : reader_(reader), section_(section), type_(type) {
    answer_.ttl = std::numeric_limits<std::uint32_t>::max();
  }

  enum class End : std::uint8_t { done, loop, unreadable };

  // Follows the CNAMEs from `owner`, including those that a DNAME implies (RFC 6672 §3.1). Without `take_records` (the name does
  // not exist) only their TTLs count.
  End collect(std::string owner, bool take_records) {
    for (int links = 0;; ++links) {
      const Record* alias = nullptr;
      const Record* subtree_alias = nullptr;  // a DNAME above `owner`
      bool found = false;
      for (const Record& record : section_) {
        if (record.rr_class != ns_c_in) continue;
        if (record.type == ns_t_dname && subtree_alias == nullptr && is_above(record.owner, owner)) subtree_alias = &record;
        if (!base::equals_ignoring_case(record.owner, owner)) continue;
        if (record.type == static_cast<int>(type_)) {
          if (take_records && !take(record)) return End::unreadable;
          found = true;
        } else if (record.type == ns_t_cname && alias == nullptr) {
          alias = &record;
        }
      }
      if (alias == nullptr) alias = subtree_alias;
      if (found || alias == nullptr) break;
      if (links == kMaxCnames) return End::loop;
      ++answer_.cnames;
      auto target = reader_.escaped_name(alias->data);
      if (!target) return End::unreadable;
      answer_.ttl = std::min(answer_.ttl, sane_ttl(alias->ttl));
      if (alias == subtree_alias) target->insert(0, *labels_below(owner, alias->owner));
      owner = std::move(*target);
    }
    end_ = std::move(owner);
    // By preference; hosts of equal preference keep their order (RFC 5321 §5.1).
    std::stable_sort(hosts_.begin(), hosts_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [preference, host] : hosts_) answer_.names.push_back(std::move(host));
    return End::done;
  }

  Answer& answer() { return answer_; }
  // Returns the name at the end of the chain, as libresolv's text.
  [[nodiscard]] const std::string& end() const { return end_; }

 private:
  static bool is_above(std::string_view ancestor, std::string_view owner) {
    const auto below = labels_below(owner, ancestor);
    return below && !below->empty();
  }

  template <std::size_t N>
  bool take_address(Bytes data, base::IpAddress (*make)(std::array<std::uint8_t, N>)) {
    std::array<std::uint8_t, N> bytes{};
    if (data.size() != N) return false;
    std::copy(data.begin(), data.end(), bytes.begin());
    answer_.addresses.push_back(make(bytes));
    return true;
  }

  bool take(const Record& record) {
    answer_.ttl = std::min(answer_.ttl, sane_ttl(record.ttl));
    switch (type_) {
      case Type::a: return take_address(record.data, base::IpAddress::v4);
      case Type::aaaa: return take_address(record.data, base::IpAddress::v6);
      case Type::mx: {
        if (record.data.size() < 3) return false;
        auto host = reader_.plain_name(record.data.subspan(2));
        if (!host) return false;
        hosts_.emplace_back(ns_get16(record.data.data()), std::move(*host));
        return true;
      }
      case Type::ns:
      case Type::ptr: {
        auto name = reader_.plain_name(record.data);
        if (!name) return false;
        answer_.names.push_back(std::move(*name));
        return true;
      }
      case Type::spf:
      case Type::txt: {
        auto text = joined_strings(record.data);
        if (!text) return false;
        answer_.add_text(std::move(*text));
        return true;
      }
    }
    return false;
  }

  const Reader& reader_;
  const std::vector<Record>& section_;
  Type type_;
  Answer answer_;
  std::string end_;
  std::vector<std::pair<unsigned, std::string>> hosts_;  // preference and host of each MX record
};

// Returns the TTL of a negative answer: the lesser of the SOA record's TTL and its MINIMUM field (RFC 2308 §5).
std::uint32_t negative_ttl(const std::vector<Record>& authority) {
  constexpr std::size_t kLeastSoa = 22;  // two root names and five numbers
  for (const Record& record : authority) {
    if (record.type != ns_t_soa || record.data.size() < kLeastSoa) continue;
    const auto minimum = static_cast<std::uint32_t>(ns_get32(&record.data[record.data.size() - 4]));
    return std::min(sane_ttl(record.ttl), sane_ttl(minimum));
  }
  return kUnsaidTtl;
}

// Returns whether the authority section confirms that `name` has no such record: it has the SOA record of a zone above `name`, or
// of `name` itself (RFC 2308 §2.2).
bool denies(const std::vector<Record>& authority, std::string_view name) {
  return std::any_of(authority.begin(), authority.end(), [name](const Record& record) {
    return record.type == ns_t_soa && labels_below(name, record.owner).has_value();
  });
}

bool has_type(const std::vector<Record>& records, int type) {
  return std::any_of(records.begin(), records.end(), [type](const Record& record) { return record.type == type; });
}

// Reads the extended RCODE and the cookie from the OPT records. Returns false for a cookie of an invalid length.
bool read_opt(const std::vector<Record>& additional, Response& response) {
  for (const Record& record : additional) {
    if (record.type != ns_t_opt) continue;
    response.rcode |= static_cast<int>((record.ttl >> kExtendedRcodeShift) << 4);  // RFC 6891 §6.1.3
    for (Bytes rest = record.data; rest.size() >= 4;) {
      const unsigned code = ns_get16(rest.data());
      const std::size_t size = ns_get16(&rest[2]);
      rest = rest.subspan(4);
      if (size > rest.size()) break;
      if (code == kCookieOption) {
        const bool is_possible = size == Cookie::kClientSize || (size >= 2 * Cookie::kClientSize && size <= Cookie::kMaxSize);
        if (!is_possible) return false;
        response.cookie.size = static_cast<std::uint8_t>(size);
        std::copy_n(rest.begin(), size, response.cookie.bytes.begin());
      }
      rest = rest.subspan(size);
    }
  }
  return true;
}

Response refusal(Response response) {
  response.kind = Response::Kind::refused;
  return response;
}

}  // namespace

std::vector<std::uint8_t> encode_query(const Question& question, std::uint16_t id, bool edns, const Cookie& cookie) {
  std::vector<std::uint8_t> out;
  out.reserve(kHeaderSize + Name::kMaxText + 2 + 4 + 11 + 4 + Cookie::kMaxSize);
  append_16(out, id);
  append_16(out, 0x0100);  // a query, recursion desired
  append_16(out, 1);
  append_16(out, 0);
  append_16(out, 0);
  append_16(out, edns ? 1 : 0);
  append_name(out, question.name);
  append_16(out, static_cast<unsigned>(question.type));
  append_16(out, ns_c_in);
  if (edns) {  // RFC 6891 §6.1.2
    out.push_back(0);
    append_16(out, ns_t_opt);
    append_16(out, kUdpPayload);
    append_16(out, 0);
    append_16(out, 0);
    append_16(out, cookie.size == 0 ? 0U : cookie.size + 4U);
    if (cookie.size > 0) {
      append_16(out, kCookieOption);
      append_16(out, cookie.size);
      out.insert(out.end(), cookie.data().begin(), cookie.data().end());
    }
  }
  return out;
}

base::Result<Response, ReadError> decode_response(Bytes message, const Question& question, std::uint16_t id) {
  if (message.size() < kHeaderSize || ns_get16(message.data()) != id) return base::failure(ReadError::not_ours);
  const unsigned flags = ns_get16(&message[2]);
  const bool is_response = (flags & 0x8000U) != 0;
  const bool is_query = (flags & 0x7800U) == 0;  // the opcode
  const bool is_authoritative = (flags & 0x0400U) != 0;
  const bool is_truncated = (flags & 0x0200U) != 0;
  const bool is_recursive = (flags & 0x0080U) != 0;
  if (!is_response || !is_query) return base::failure(ReadError::not_ours);
  Response response;
  response.rcode = static_cast<int>(flags & 0x000fU);
  const bool is_error = response.rcode != ns_r_noerror && response.rcode != ns_r_nxdomain;
  // RFC 6891 §7: a server without EDNS0 answers FORMERR, often without the question.
  const bool is_bare_error = is_error && ns_get16(&message[4]) == 0;
  if (!is_bare_error && !echoes(message, question)) return base::failure(ReadError::not_ours);

  Reader reader(message);
  const bool is_sound = reader.start();
  // Only OPT records count in the additional section.
  const auto additional = is_sound ? reader.section(ns_s_ar) : std::nullopt;
  if (additional && !read_opt(*additional, response)) return base::failure(ReadError::not_ours);
  if (is_error) return refusal(std::move(response));
  if (is_truncated) {
    response.kind = Response::Kind::truncated;
    return response;
  }
  if (!additional) return base::failure(ReadError::malformed);
  const int rcode = response.rcode;
  if (rcode != ns_r_noerror && rcode != ns_r_nxdomain) return refusal(std::move(response));
  const auto asked = reader.section(ns_s_qd);
  const auto answers = reader.section(ns_s_an);
  const auto authority = reader.section(ns_s_ns);
  if (!asked || !answers || !authority) return base::failure(ReadError::malformed);
  // This is a referral by a server that does not recurse. Read as "no record", it would make every domain look as if it had no
  // SPF record.
  if (rcode == ns_r_noerror && !is_authoritative && !is_recursive && answers->empty() && has_type(*authority, ns_t_ns) &&
      !has_type(*authority, ns_t_soa)) {
    response.rcode = ns_r_refused;
    return refusal(std::move(response));
  }

  Collector collector(reader, *answers, question.type);
  switch (collector.collect((*asked)[0].owner, rcode == ns_r_noerror)) {
    case Collector::End::unreadable: return base::failure(ReadError::malformed);
    case Collector::End::loop: response.answer = failure_answer("CNAME loop"); return response;
    case Collector::End::done: break;
  }
  const bool is_aliased = !base::equals_ignoring_case(collector.end(), (*asked)[0].owner);
  response.answer = std::move(collector.answer());
  if (rcode == ns_r_nxdomain) response.answer.status = Status::name_error;
  // RFC 6604 §3: the RCODE applies to the end of the chain. NOERROR without records and SOA says nothing about that name.
  if (is_aliased && rcode == ns_r_noerror && response.answer.is_void() && !denies(*authority, collector.end())) {
    const auto target = name_of(collector.end());
    response.answer = target ? alias_answer(*target, response.answer.ttl, response.answer.cnames)
                             : failure_answer("CNAME to a name that cannot be asked for");
    return response;
  }
  if (response.answer.is_void()) response.answer.ttl = std::min(response.answer.ttl, negative_ttl(*authority));
  return response;
}

std::string rcode_name(int rcode) {
  switch (rcode) {
    case ns_r_noerror: return "NOERROR";
    case ns_r_formerr: return "FORMERR";
    case ns_r_servfail: return "SERVFAIL";
    case ns_r_nxdomain: return "NXDOMAIN";
    case ns_r_notimpl: return "NOTIMP";
    case ns_r_refused: return "REFUSED";
    case ns_r_notauth: return "NOTAUTH";
    case ns_r_badvers: return "BADVERS";
    case kBadCookie: return "BADCOOKIE";
    default: return fmt::format("RCODE {}", rcode);
  }
}

}  // namespace dns
