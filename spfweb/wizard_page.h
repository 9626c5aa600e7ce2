// The page that creates a record.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spfweb/engine.h"
#include "spfweb/page.h"
#include "spfweb/recipe.h"

namespace spfweb {

// Returns the page. `domain`: as typed. `made`, `examined`: the record of the recipe, and its examination, if there is a domain.
// `note`: a problem, or that the form was filled in.
std::string wizard_page(const View& view, std::string_view domain, const Recipe& recipe, const std::optional<MadeRecord>& made,
                        const std::optional<Examined>& examined, const Html& note);
// Returns the first page for a domain: the form is filled in from its published record, as far as this could be read, and a note
// names the rest.
std::string filled_page(const View& view, std::string_view domain, const Recipe& recipe, const Examined& examined);

}  // namespace spfweb
