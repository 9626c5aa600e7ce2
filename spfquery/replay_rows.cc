// The options of replays.
#include "common/options/fields.h"
#include "spfquery/option_rows.h"

namespace spfquery {

namespace {

using options::Problem;
using options::Values;
using O = Options;

constexpr options::Word<maillog::Format> kFormatWords[] = {
    {"exim", maillog::Format::exim}, {"postfix", maillog::Format::postfix}, {"sendmail", maillog::Format::sendmail}};

Problem set_replay(O& o, const Values& v) { return options::read_word(o.replay.emplace(), v, kFormatWords); }

Problem set_baseline(O& o, const Values& v) {
  o.mailbox.clear();
  o.baseline = maillog::Baseline::none;
  if (v.back() == "header") {
    o.baseline = maillog::Baseline::header;
  } else if (v.back() == "log") {
    o.baseline = maillog::Baseline::log;
  } else {
    return options::read_needed_text(o.mailbox, v);
  }
  return {};
}

constexpr Option kReplayRows[] = {
    {{.name = "replay",
      .argument = "exim|postfix|sendmail",
      .heading = "Replaying a log",
      .help =
          "check the messages and refusals of the log files that follow (-: standard input) with the DNS of today; files may be "
          "compressed with gzip"},
     {set_replay}},
    {{.name = "config",
      .argument = "FILE",
      .help = "configuration file of spfd: report which mail its policy would refuse and defer today"},
     {options::kNeededText<&O::config>.set}},
    {{.name = "baseline",
      .argument = "header|log|FILE",
      .help = "compare with the results of the earlier checker: Received-SPF fields in the log, all lines of SPF checkers in the "
              "log, or the Received-SPF fields of a Maildir or mbox"},
     {set_baseline}},
};

}  // namespace

void add_replay_rows(options::Rows& rows) { options::add_rows(rows, kReplayRows); }

}  // namespace spfquery
