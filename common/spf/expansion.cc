#include "common/spf/expansion.h"

#include <algorithm>

#include <fmt/core.h>

#include "common/base/text.h"

namespace spf {

namespace {

std::string_view or_unknown(std::string_view text) { return text.empty() ? "unknown" : text; }

}  // namespace

std::optional<dns::Name> host_name(std::string_view text) {
  auto name = dns::Name::parse(text);
  if (!name || name->is_root() || text == "?") return std::nullopt;
  return name;
}

Target Expansion::target(const MacroString& domain_spec, const Target& domain) {
  // %{d} is personal too in the record of a domain to which a personal macro led.
  const bool personal = domain_spec.is_personal() || (domain.personal && domain_spec.uses('d'));
  if (personal && walk_.is_collecting()) return {.kind = Target::Kind::pending};
  if ((domain_spec.uses('s') || domain_spec.uses('l')) && !base::is_ascii(query_.local_part)) {
    return {.kind = Target::Kind::never_matches};  // RFC 8616 §4
  }
  const MacroValues* filled = values(domain_spec, domain.name);
  if (filled == nullptr) return {.kind = Target::Kind::pending};
  const auto name = domain_spec.expand_name(*filled);
  if (!name) return {.kind = Target::Kind::malformed};
  return {.name = *name, .personal = personal};
}

const MacroValues* Expansion::values(const MacroString& macros, const dns::Name& domain) {
  if (!macros.has_macros()) return &values_;
  if (macros.uses('p') && !prepare_validated(domain)) return nullptr;
  if (dotted_client_.empty()) {
    dotted_client_ = query_.client.dotted();
    client_ = query_.client.text();
    time_ = fmt::format("{}", query_.time);
  }
  values_ = {.sender = query_.sender,
             .local_part = query_.local_part,
             .sender_domain = query_.sender_domain,
             .domain = base::equals_ignoring_case(domain.text(), query_.sender_domain) ? std::string_view(query_.sender_domain)
                                                                                       : domain.text(),
             .dotted_client = dotted_client_,
             .validated = validated_,
             .family = query_.client.is_v6() ? "ip6" : "in-addr",
             .helo = or_unknown(query_.helo),
             .client = client_,
             .receiver = or_unknown(query_.receiver),
             .time = time_};
  return &values_;
}

// Sets %{p} (RFC 7208 §7.3): the domain itself if it is validated, else a validated subdomain of it, else any validated name,
// else "unknown". Returns false when answers are missing.
bool Expansion::prepare_validated(const dns::Name& domain) {
  const ValidatedNames validated = validated_names();
  if (validated.pending) return false;
  const auto rank = [&domain](const dns::Name& name) { return name == domain ? 2 : name.is_within(domain) ? 1 : 0; };
  const dns::Name* best = nullptr;
  for (const dns::Name& name : validated.names) {
    if (best == nullptr || rank(name) > rank(*best)) best = &name;
  }
  validated_ = best == nullptr ? "unknown" : best->text();
  return true;
}

ValidatedNames Expansion::validated_names() {
  ValidatedNames out;
  out.ptr = walk_.ask(ptr_question(), true);
  if (out.ptr == nullptr) {
    out.pending = true;
    return out;
  }
  walk_.note_own_failure(ptr_question(), out.ptr->answer);
  const auto& names = out.ptr->answer.names;
  const std::size_t count = std::min(names.size(), static_cast<std::size_t>(walk_.settings().limits.ptr_names));
  for (std::size_t i = 0; i < count; ++i) {  // RFC 7208 §4.6.4: the rest is ignored
    const auto name = host_name(names[i]);
    if (!name) continue;
    const KnownAnswer* known = walk_.ask(address_question(*name), true);
    if (known == nullptr) {
      out.pending = true;
      continue;
    }
    walk_.note_own_failure(address_question(*name), known->answer);
    if (has_client(known->answer, query_.client.bits())) out.names.push_back(*name);  // names with DNS errors are skipped
  }
  return out;
}

dns::Question Expansion::ptr_question() const { return {*dns::Name::parse(query_.client.reverse_name()), dns::Type::ptr}; }

dns::Question Expansion::address_question(const dns::Name& host) const {
  return {host, query_.client.is_v6() ? dns::Type::aaaa : dns::Type::a};
}

bool Expansion::has_client(const dns::Answer& answer, int prefix_length) const {
  return std::any_of(answer.addresses.begin(), answer.addresses.end(),
                     [&](const base::IpAddress& address) { return query_.client.in_prefix(address, prefix_length); });
}

}  // namespace spf
