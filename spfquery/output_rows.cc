// The options of the output, and those without effect.
#include "common/options/fields.h"
#include "spfquery/option_rows.h"

namespace spfquery {

namespace {

using options::Kind;
using options::Problem;
using options::Values;
using O = Options;

// -v of Mail::SPF has a value; without a value it prints our version.
Problem set_versions(O& o, const Values& v) {
  if (v.empty()) o.action = O::Action::version;
  return {};
}

constexpr Option kOutputRows[] = {
    {{.name = "trace",
      .kind = Kind::act,
      .heading = "Output",
      .help = "print the evaluation as a tree before the answer: each term with its questions, answers, result and counters"},
     kOn<&O::trace>},
    {{.name = "why",
      .kind = Kind::act,
      .help = "explain the result after the answer: the term that decided, the nearest network that passes, and the smallest "
              "change of the record with which the client would pass"},
     kOn<&O::why>},
    {{.name = "verbose", .aliases = "debug", .kind = Kind::optional, .help = "print that tree on standard error"},
     kOn<&O::verbose>},
    {{.name = "json", .kind = Kind::act, .help = "print each answer as one JSON object on a line"}, kOn<&O::json>},
    options::kVersionRow<&O::action, O::Action::version>,
    options::kHelpRow<&O::action, O::Action::help, 0>,

    // Options without effect. Some are flags in Mail::SPF but take a value in libspf2; that value is then a word without option.
    {{.name = "versions", .letter = 'v', .kind = Kind::last}, {set_versions}},
    {{.name = "sanitize", .aliases = "no-sanitize nosanitize", .kind = Kind::optional}},
    {{.name = "no-keep-comments", .aliases = "nokeep-comments no-debug nodebug", .kind = Kind::act}},
    {{.name = "no-trusted", .aliases = "notrusted no-tfwl notfwl", .kind = Kind::optional}},
    {{.name = "enable-black-magic", .kind = Kind::act}},
    {{.name = "max-lookup-count", .aliases = "max-lookup max-dns-interactive-terms"}},
    {{.name = "max-name-lookups-per-term"}},
};

}  // namespace

void add_output_rows(options::Rows& rows) { options::add_rows(rows, kOutputRows); }

}  // namespace spfquery
