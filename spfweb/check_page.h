// The page of an examination.
#pragma once

#include <string>
#include <string_view>

#include "spfweb/engine.h"
#include "spfweb/page.h"

namespace spfweb {

// Returns the page with the form alone. `note`: why.
std::string check_form_page(const View& view, std::string_view domain, std::string_view ip, const Html& note);
std::string check_page(const View& view, std::string_view ip, const Examined& examined);

// Returns the report of an examination: the tree, numbers and findings.
Html report_of(const View& view, const Examined& examined);
// Returns the tree of records alone, with the term that decided for the present result.
Html tree_of(const View& view, const Examined& examined);
// Returns the findings alone.
Html findings_of(const View& view, const lint::Report& report);

}  // namespace spfweb
