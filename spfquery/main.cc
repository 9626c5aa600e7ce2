// spfquery: checks SPF on the command line, by itself or through a running spfd.
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "common/lint/lint.h"
#include "spfquery/batch.h"
#include "spfquery/command_line.h"
#include "spfquery/evaluator.h"
#include "spfquery/examiner.h"
#include "spfquery/interrupt.h"
#include "spfquery/replay.h"
#include "spfquery/request.h"
#include "spfquery/server.h"
#include "spfquery/site_policy.h"

namespace {

using namespace spfquery;

int ask_one(io::Loop& loop, Asker& asker, const Options& options) {
  const protocol::QueryLines asked = make_request(options);
  if (!asked.error.empty()) return kProgram.bad_usage(asked.error);
  std::optional<Answer> answer;
  const std::unique_ptr<Ask> ask = asker.ask(asked, [&](Answer got) {
    answer = std::move(got);
    loop.stop();
  });
  if (!answer) loop.run();
  if (!answer) return kExitTemperror;
  options::say(answer->verbose);
  if (!answer->complaint.empty()) kProgram.complain(answer->complaint);
  return kProgram.print_and_exit(answer->output, answer->exit_code);
}

// The request of a line of a file.
class LineAsk final : public Ask {
 public:
  explicit LineAsk(protocol::QueryLines asked) : asked_(std::move(asked)) {}

  void start(Asker& asker, Asker::Done done) { ask_ = asker.ask(asked_, std::move(done)); }

 private:
  protocol::QueryLines asked_;
  std::unique_ptr<Ask> ask_;
};

int ask_all(io::Loop& loop, Asker& asker, const Options& options) {
  auto file = InputFile::open(*options.file);
  if (!file) return kProgram.bad_usage(file.error());
  Batch batch(
      loop, options, *file,
      [&](std::string_view line, std::size_t number, Asker::Done done) -> base::Result<std::unique_ptr<Ask>, std::string> {
        protocol::QueryLines asked = make_request(options, line, number);
        if (!asked.error.empty()) return base::failure(asked.error);
        auto ask = std::make_unique<LineAsk>(std::move(asked));
        ask->start(asker, std::move(done));
        return std::unique_ptr<Ask>(std::move(ask));
      });
  std::size_t abandoned = 0;
  const Interrupt interrupt(loop, [&] { abandoned = batch.abandon(); });
  const int exit_code = batch.run();
  if (!Interrupt::has_come()) return exit_code;
  kProgram.complain(fmt::format("interrupted: {} and all after have no answer", lint::counted(abandoned, "line")));
  return kExitIncomplete;
}

int run(const std::vector<std::string>& words) {
  auto options = parse_command_line(words);
  if (!options) return kProgram.bad_usage(options.error().what, options.error().exit_code);
  switch (options->action) {
    case Options::Action::help: return kProgram.print_and_exit(help_text());
    case Options::Action::version: return kProgram.print_version();
    case Options::Action::ask:
    case Options::Action::examine:
    case Options::Action::replay: break;
  }
  io::Loop loop;
  std::unique_ptr<Asker> asker;
  if (options->server) {
    asker = std::make_unique<Server>(loop, *options);
  } else {
    if (options->config) {
      auto site = read_site_policy(*options->config);
      if (!site) return kProgram.bad_usage(site.error(), options->usage_exit_code());
      options->policy = std::move(site->policy);
      std::move(site->zones.begin(), site->zones.end(), std::back_inserter(options->zones));
    }
    auto made = make_zone(*options);
    if (!made) return kProgram.bad_usage(made.error(), options->usage_exit_code());
    for (const std::string& note : made->notes) kProgram.complain(note);
    if (options->action == Options::Action::examine) return examine(loop, *options, std::move(made->zone));
    if (options->action == Options::Action::replay) return Replay(loop, *options, std::move(made->zone)).run();
    asker = std::make_unique<Evaluator>(loop, *options, std::move(made->zone));
  }
  return options->file ? ask_all(loop, *asker, *options) : ask_one(loop, *asker, *options);
}

}  // namespace

int main(int argc, char** argv) { return kProgram.main(argc, argv, run); }
