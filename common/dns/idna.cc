#include "common/dns/idna.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "common/base/text.h"

namespace dns {

namespace {

// Maximum size, in bytes, of a domain with U-labels: each of its characters (4 bytes at most) needs at least one of the 253
// characters of the result. The bound is checked first because Punycode conversion takes quadratic time.
constexpr std::size_t kMaxDomain = std::size_t{4} * 253;

struct FreeIdn {
  void operator()(std::uint8_t* text) const { idn2_free(text); }
};

std::optional<std::string> to_a_label(std::string_view label) {
  if (label.find('\0') != std::string_view::npos) return std::nullopt;
  const std::basic_string<std::uint8_t> in(label.begin(), label.end());
  std::uint8_t* converted = nullptr;
  if (idn2_lookup_u8(in.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) return std::nullopt;
  const std::unique_ptr<std::uint8_t, FreeIdn> owner(converted);
  std::string out;
  for (const std::uint8_t* at = converted; *at != 0; ++at) out += static_cast<char>(*at);
  // The ASCII characters of a U-label are letters, digits and hyphens (RFC 5890 §2.3.2.1), and Punycode shows them as they are.
  // libidn2 does not enforce this.
  const auto is_ldh = [](char c) { return base::is_alphanumeric(c) || c == '-'; };
  if (out.empty() || !std::all_of(out.begin(), out.end(), is_ldh)) return std::nullopt;
  return out;
}

}  // namespace

std::size_t dot_size(std::string_view text) {
  if (text.starts_with('.')) return 1;
  for (const std::string_view dot : {"\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"}) {
    if (text.starts_with(dot)) return dot.size();
  }
  return 0;
}

std::optional<std::string> to_a_labels(std::string_view domain) {
  if (base::is_ascii(domain)) return std::string(domain);
  if (domain.size() > kMaxDomain) return std::nullopt;
  std::string out;
  for (;;) {
    std::size_t end = 0;
    while (end < domain.size() && dot_size(domain.substr(end)) == 0) ++end;
    const std::string_view label = domain.substr(0, end);
    if (base::is_ascii(label)) {
      out += label;
    } else {
      const auto converted = to_a_label(label);
      if (!converted) return std::nullopt;
      out += *converted;
    }
    if (end == domain.size()) return out;
    out += '.';
    domain.remove_prefix(end + dot_size(domain.substr(end)));
  }
}

}  // namespace dns
