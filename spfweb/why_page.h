// The page about a refusal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/token/token.h"
#include "spfweb/engine.h"
#include "spfweb/page.h"

namespace spfweb {

// Returns the page for the facts of a token. `link`: the text of the link, for the administrator. `present`, by spfd, and
// `examined`: nothing if they were not looked up.
std::string why_page(const View& view, const token::Facts& facts, std::string_view link, const std::optional<Present>& present,
                     const std::optional<Examined>& examined);

// The claims of a visitor about a refusal; they are not signed.
struct Claim {
  std::string sender;  // an address or domain
  std::string ip;
  std::string helo;
  bool is_old = false;  // of a link of another program

  // Reads the form, and the links of openspf ("s=mfrom;id=;ip=;r=") and other pages ("s=", "ip=", "r=").
  static Claim read(const Parameters& parameters);
};
// Returns the page with the form, and the present result for the visitor's claims. `note`: why the form is shown.
std::string claim_page(const View& view, const Claim& claim, const Html& note, const std::optional<Examined>& examined);

}  // namespace spfweb
