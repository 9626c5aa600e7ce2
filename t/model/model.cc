#include "t/model/model.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/core.h>

#include "t/model/record.h"

namespace model {

namespace {

using dns::Name;
using dns::Type;

// A temperror or permerror at any depth, which ends the whole check at once (§5, §5.2).
struct Stop {
  spf::Result result;
};

bool is_US_ASCII_text(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

spf::Result qualifier_result(char qualifier) {
  switch (qualifier) {
    case '-': return spf::Result::fail;
    case '~': return spf::Result::softfail;
    case '?': return spf::Result::neutral;
    default: return spf::Result::pass;
  }
}

bool same_bits(const std::string& a, const std::string& b, int count) {
  for (int i = 0; i < count; ++i) {
    const auto byte = static_cast<std::size_t>(i / 8);
    const int shift = 7 - i % 8;
    if (((static_cast<unsigned char>(a[byte]) >> shift) & 1) != ((static_cast<unsigned char>(b[byte]) >> shift) & 1))
      return false;
  }
  return true;
}

std::string in_small_letters(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

std::string raw(const base::IpAddress& address) { return {address.bytes().begin(), address.bytes().end()}; }

class Check {
 public:
  Check(const spf::Query& query, const spf::Limits& limits, const Ask& ask) : query_(query), limits_(limits), ask_(ask) {}

  Verdict run(const std::string& default_explanation) {
    Verdict out;
    try {
      const std::optional<Name>& domain = query_.domain;
      out.result = domain ? check_host(*domain, true) : spf::Result::none;
      out.mechanism = mechanism_;
      out.domain = mechanism_.empty() ? "" : std::string(matched_in_.text());
      if (out.result == spf::Result::fail) {
        const auto ttl = ttl_;  // the result does not depend on the explanation
        out.authority_explanation = explanation();
        if (out.authority_explanation.empty()) out.default_explanation = own_explanation(default_explanation);
        ttl_ = ttl;
      }
    } catch (const Stop& stop) {
      out.result = stop.result;
    }
    out.lookups = lookups_;
    out.void_lookups = voids_;
    out.ttl = out.result == spf::Result::temperror || !ttl_ ? 0 : *ttl_;
    return out;
  }

 private:
  dns::Answer ask(const Name& name, Type type) {
    dns::Answer answer = ask_({name, type});
    ttl_ = std::min(ttl_.value_or(std::numeric_limits<std::uint32_t>::max()), answer.ttl);
    return answer;
  }

  // §4.6.4
  void count_term() {
    if (++lookups_ > limits_.dns_terms) throw Stop{spf::Result::permerror};
  }
  void count_void(const dns::Answer& answer, Type type) {
    if (!answer.is_void()) return;
    if (type == Type::aaaa && !limits_.void_lookups_ipv6 && answer.status == dns::Status::ok) return;
    if (++voids_ > limits_.void_lookups) throw Stop{spf::Result::permerror};
  }

  // Asks the question of a term itself: an error ends the check (§5).
  dns::Answer ask_term(const Name& name, Type type) {
    dns::Answer answer = ask(name, type);
    if (answer.status == dns::Status::failure) throw Stop{spf::Result::temperror};
    count_void(answer, type);
    return answer;
  }

  [[nodiscard]] Type address_type() const { return query_.client.is_v4() ? Type::a : Type::aaaa; }

  // §4
  spf::Result check_host(const Name& domain, bool is_top) {
    if (domain.labels() < 2) return spf::Result::none;  // §4.3
    const dns::Answer answer = ask(domain, Type::txt);
    if (answer.status == dns::Status::failure) throw Stop{spf::Result::temperror};  // §4.4
    std::vector<std::string> records;
    std::copy_if(answer.texts.begin(), answer.texts.end(), std::back_inserter(records), is_spf_record);
    if (records.empty()) return spf::Result::none;  // §4.5
    if (records.size() > 1) throw Stop{spf::Result::permerror};
    const auto record = parse_record(records.front());
    if (!record) throw Stop{spf::Result::permerror};  // §4.6

    for (const Directive& directive : record->directives) {
      if (!matches(directive, domain)) continue;
      if (is_top) {
        mechanism_ = directive.text;
        matched_in_ = domain;
        exp_ = record->exp;
      }
      return qualifier_result(directive.qualifier);
    }
    if (record->redirect && !record->has_all) {  // §6.1
      count_term();
      if (!is_about_non_ascii(record->redirect)) {
        const auto target = target_name(record->redirect, domain);
        const spf::Result result = target ? check_host(*target, is_top) : spf::Result::none;
        if (result == spf::Result::none) throw Stop{spf::Result::permerror};
        return result;
      }
    }
    if (is_top) {
      mechanism_ = "default";
      matched_in_ = domain;
    }
    return spf::Result::neutral;  // §4.7
  }

  // §5
  bool matches(const Directive& directive, const Name& domain) {
    const std::string& mechanism = directive.mechanism;
    if (mechanism == "all") return true;
    if (mechanism == "ip4") return query_.client.is_v4() && same_bits(raw(query_.client), directive.network, directive.prefix4);
    if (mechanism == "ip6") return query_.client.is_v6() && same_bits(raw(query_.client), directive.network, directive.prefix6);

    count_term();
    const auto target = is_about_non_ascii(directive.target) ? std::nullopt : target_name(directive.target, domain);
    if (mechanism == "include") {  // §5.2
      if (!target) {
        // By decision: not a match if sender, HELO or client made it malformed, an error if the record's own text did.
        if (!is_about_non_ascii(directive.target) && is_malformed_by_itself(*directive.target))
          throw Stop{spf::Result::permerror};
        return false;
      }
      const spf::Result result = check_host(*target, false);
      if (result == spf::Result::none) throw Stop{spf::Result::permerror};
      return result == spf::Result::pass;
    }
    if (!target) {  // §4.8: malformed; a ptr still asks its question
      if (mechanism == "ptr") count_void(ask(*Name::parse(query_.client.reverse_name()), Type::ptr), Type::ptr);
      return false;
    }
    if (mechanism == "a") return has_client(ask_term(*target, address_type()), directive);
    if (mechanism == "exists") return !ask_term(*target, Type::a).addresses.empty();  // §5.7
    if (mechanism == "mx") return mx(*target, directive);
    return ptr(*target);
  }

  bool has_client(const dns::Answer& answer, const Directive& directive) {
    const int bits = query_.client.is_v4() ? directive.prefix4 : directive.prefix6;
    return std::any_of(answer.addresses.begin(), answer.addresses.end(), [&](const base::IpAddress& address) {
      return address.is_v4() == query_.client.is_v4() && same_bits(raw(address), raw(query_.client), bits);
    });
  }

  // §5.4. Asks for all hosts, so that their order does not matter.
  bool mx(const Name& target, const Directive& directive) {
    const dns::Answer answer = ask_term(target, Type::mx);
    if (answer.names.size() > static_cast<std::size_t>(limits_.mx_hosts)) throw Stop{spf::Result::permerror};  // §4.6.4
    bool matched = false;
    bool failed = false;
    for (const std::string& host : answer.names) {
      const auto name = Name::parse(host);
      if (!name || name->is_root() || host == "?") continue;
      const dns::Answer addresses = ask(*name, address_type());
      if (addresses.status == dns::Status::failure) failed = true;
      if (has_client(addresses, directive)) matched = true;
    }
    if (!matched && failed) throw Stop{spf::Result::temperror};
    return matched;
  }

  // §5.5: returns the names of the client that lead back to it. An error leads to no name.
  std::vector<Name> validated_names(bool is_term) {
    std::vector<Name> out;
    const dns::Answer answer = ask(*Name::parse(query_.client.reverse_name()), Type::ptr);
    if (is_term) count_void(answer, Type::ptr);
    for (std::size_t i = 0; i < answer.names.size() && i < static_cast<std::size_t>(limits_.ptr_names); ++i) {
      const auto name = Name::parse(answer.names[i]);
      if (!name || name->is_root() || answer.names[i] == "?") continue;
      if (has_client(ask(*name, address_type()), {})) out.push_back(*name);
    }
    return out;
  }

  bool ptr(const Name& target) {
    const std::vector<Name> names = validated_names(true);
    return std::any_of(names.begin(), names.end(), [&](const Name& name) { return is_or_below(name, target); });
  }

  static bool is_or_below(const Name& name, const Name& above) {
    const std::string own = "." + std::string(name.text());
    const std::string end = "." + std::string(above.text());
    return own.size() >= end.size() && own.substr(own.size() - end.size()) == end;
  }

  // %{p} (§7.3): the domain itself, else a name below it, else any name.
  std::string validated_name(const Name& domain) {
    const std::vector<Name> names = validated_names(false);
    for (const Name& name : names) {
      if (name == domain) return std::string(name.text());
    }
    for (const Name& name : names) {
      if (is_or_below(name, domain)) return std::string(name.text());
    }
    return names.empty() ? "unknown" : std::string(names.front().text());
  }

  // §7.2
  std::string expanded(const MacroText& text, const Name& domain) {
    return expand(text, [&](char letter) -> std::string {
      switch (letter) {
        case 's': return query_.sender;
        case 'l': return query_.local_part;
        case 'o': return query_.sender_domain;
        case 'd':
          return in_small_letters(query_.sender_domain) == domain.text() ? query_.sender_domain : std::string(domain.text());
        case 'i': return query_.client.dotted();
        case 'p': return validated_name(domain);
        case 'v': return query_.client.is_v4() ? "in-addr" : "ip6";
        case 'h': return query_.helo.empty() ? "unknown" : query_.helo;
        case 'c': return query_.client.text();
        case 'r': return query_.receiver.empty() ? "unknown" : query_.receiver;
        default: return std::to_string(query_.time);  // t
      }
    });
  }

  // RFC 8616 §4: a term with these macros matches nothing if the local part is not ASCII.
  [[nodiscard]] bool is_about_non_ascii(const std::optional<MacroText>& spec) const {
    return spec && uses(*spec, "sl") &&
           std::any_of(query_.local_part.begin(), query_.local_part.end(), [](char c) { return (c & 0x80) != 0; });
  }

  // §4.8: returns nothing if the name is malformed. Without a domain-spec, returns the domain.
  std::optional<Name> target_name(const std::optional<MacroText>& spec, const Name& domain) {
    if (!spec) return domain;
    return as_name(expanded(*spec, domain));
  }

  // Returns whether the name is malformed for all values of its macros: even if each is a single character.
  static bool is_malformed_by_itself(const MacroText& spec) {
    return !as_name(expand(spec, [](char) { return std::string("x"); }));
  }

  static std::optional<Name> as_name(std::string text) {
    if (!text.empty() && text.back() == '.') text.pop_back();
    std::size_t label = 0;
    for (const char c : text + '.') {  // §4.8, for each label, also for those that are removed below
      if (c < 0x20 || c > 0x7e) return std::nullopt;
      if (c != '.') {
        ++label;
      } else if (label < 1 || label > 63) {
        return std::nullopt;
      } else {
        label = 0;
      }
    }
    while (text.size() > 253) text.erase(0, text.find('.') + 1);  // §7.3
    return Name::parse(text);
  }

  // §6.2: empty if the domain has no usable one.
  std::string explanation() {
    if (!exp_ || is_about_non_ascii(exp_)) return "";
    const auto target = target_name(exp_, matched_in_);
    if (!target) return "";
    const dns::Answer answer = ask(*target, Type::txt);
    if (answer.status != dns::Status::ok || answer.texts.size() != 1) return "";
    const auto text = explain_string(answer.texts.front());
    if (!text) return "";
    const std::string out = expanded(*text, matched_in_);
    return is_US_ASCII_text(out) ? out : "";
  }

  // The site's own text is about the domain of the request, and never fails.
  std::string own_explanation(const std::string& text) {
    const auto parsed = explain_string(text);
    std::string out = parsed ? expanded(*parsed, *query_.domain) : "";
    std::string shown;
    for (const char c : out) {
      shown += is_US_ASCII_text(std::string(1, c)) ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return shown;
  }

  const spf::Query& query_;
  const spf::Limits& limits_;
  const Ask& ask_;
  int lookups_ = 0;
  int voids_ = 0;
  std::optional<std::uint32_t> ttl_;
  std::string mechanism_;
  Name matched_in_;
  std::optional<MacroText> exp_;
};

}  // namespace

Verdict check_host(const spf::Query& query, const spf::Limits& limits, const std::string& default_explanation, const Ask& ask) {
  return Check(query, limits, ask).run(default_explanation);
}

}  // namespace model
