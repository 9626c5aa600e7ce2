#include "spfquery/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/idna.h"

namespace spfquery {

base::Result<dns::Name, std::string> parse_examined(std::string_view text) {
  if (text.find_first_of("/:") != std::string_view::npos)
    return base::failure(
        fmt::format("{} is not a domain name: give the name alone, without https:// and a path", base::in_quotes(text)));
  const auto ascii = dns::to_a_labels(text.substr(text.rfind('@') + 1));  // of a mailbox, its domain
  auto name = ascii ? dns::Name::parse(*ascii) : std::nullopt;
  // DNS allows any octet in a label, but here a blank means that something else follows the name.
  const bool is_one_word =
      ascii && std::none_of(ascii->begin(), ascii->end(), [](char c) { return c == ' ' || !base::is_printable(c); });
  if (!name || name->labels() < 2 || !is_one_word)
    return base::failure(fmt::format("{} is not a domain name with a dot", base::in_quotes(text)));
  // No top-level domain is a number (RFC 3696 §2).
  if (std::ranges::all_of(name->text().substr(name->text().rfind('.') + 1), base::is_digit))
    return base::failure(fmt::format("{} is neither a domain name nor a complete address", base::in_quotes(text)));
  return *std::move(name);
}

}  // namespace spfquery
