// The page of an examination.
#pragma once

#include <string>
#include <string_view>

#include "spfweb/engine.h"
#include "spfweb/page.h"

namespace spfweb {

// Returns the page with only the form. `note`: the reason.
std::string check_form_page(const View& view, std::string_view domain, std::string_view ip, const Html& note);
std::string check_page(const View& view, std::string_view ip, const Examined& examined);

// Returns the report of an examination: the tree, numbers and findings.
Html report_of(const View& view, const Examined& examined);
// Returns only the tree of records, with a mark at the term that decided the present result.
Html tree_of(const View& view, const Examined& examined);
// Returns only the findings.
Html findings_of(const View& view, const lint::Report& report);

}  // namespace spfweb
