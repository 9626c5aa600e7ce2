#include "common/receiver/terms.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/receiver/domain_map.h"

namespace receiver {

namespace {

// Returns the mechanism for an address, a network or a host name; empty for a word that is already a directive.
std::string mechanism_for(std::string_view word) {
  if (const auto network = parse_network(word)) return network->address.is_v6() ? "ip6:" : "ip4:";
  const bool is_host = base::is_alphanumeric(word.front()) && word.find('.') != std::string_view::npos &&
                       word.find_first_of(":/=%") == std::string_view::npos;
  return is_host ? "a:" : "";
}

}  // namespace

std::string Network::text() const {
  return length == address.bits() ? address.text() : fmt::format("{}/{}", address.text(), length);
}

base::Result<Network, std::string> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = base::IpAddress::parse(text.substr(0, slash));
  if (!address) return base::failure(base::in_quotes(text, 200) + " is neither an address nor a network such as 192.0.2.0/24");
  Network out{*address, address->bits()};
  if (slash == std::string_view::npos) return out;
  // ::ffff:192.0.2.0/120 is the IPv4 network 192.0.2.0/24.
  const bool is_mapped = address->is_v4() && text.substr(0, slash).find(':') != std::string_view::npos;
  const unsigned long most = is_mapped ? 128 : static_cast<unsigned long>(out.length);
  const auto length = base::parse_number(text.substr(slash + 1), most);
  if (!length || (is_mapped && *length < 96)) return base::failure(base::in_quotes(text, 200) + ": bad prefix length");
  out.length = static_cast<int>(*length) - (is_mapped ? 96 : 0);
  return out;
}

base::Result<Terms, std::string> parse_terms(const std::vector<std::string>& texts, bool with_auto) {
  Terms out;
  for (const std::string& text : texts) {
    for (const std::string_view word : base::split(text, ' ')) {
      if (word.empty()) continue;
      if (out.size() == kMaxTerms) return base::failure(fmt::format("more than {} terms", kMaxTerms));
      const bool is_auto = with_auto && base::equals_ignoring_case(word, "auto");
      auto record = spf::parse_record("v=spf1 " + (is_auto ? "mx" : mechanism_for(word) + std::string(word)));
      if (!record) return base::failure(fmt::format("{}: {}", base::in_quotes(word, 200), record.error().message));
      if (record->directives.size() != 1)
        return base::failure(base::in_quotes(word, 200) + " is a modifier, not a term that can match");
      out.push_back({std::move(*record), is_auto});
    }
  }
  return out;
}

base::Result<FallbackRecord, std::string> parse_fallback(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return base::failure(base::in_quotes(text, 200) + " is not DOMAIN=RECORD");
  const std::string_view domain = base::strip(text.substr(0, equals));
  const auto pattern = DomainPattern::parse(domain);
  if (!pattern) return base::failure(base::in_quotes(domain, 200) + " is not a domain name, with or without \"*.\" before it");
  const std::string_view written = base::strip(text.substr(equals + 1));
  auto record = spf::parse_record(written);
  if (!record) {
    const spf::SyntaxError& error = record.error();
    return base::failure(fmt::format("{}: {}: {}", pattern->text(), base::in_quotes(error.term), error.message));
  }
  return FallbackRecord{pattern->text(), std::move(*record)};
}

}  // namespace receiver
