#include "spfd/commands.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/name.h"
#include "spfd/log.h"
#include "spfd/sandbox_seccomp.h"

namespace spfd {

namespace {

using protocol::ControlAnswer;
using Done = std::function<void(const ControlAnswer&)>;
using Words = std::vector<std::string_view>;

// Bytes of a record that "lookup" shows.
constexpr std::size_t kMaxShown = 600;
// Records of one answer that "lookup" shows.
constexpr std::size_t kMostRecords = 40;

ControlAnswer ok(std::string text = {}) { return {.is_error = false, .text = std::move(text)}; }
ControlAnswer error(std::string text) { return {.is_error = true, .text = std::move(text)}; }

ControlAnswer bad_name(std::string_view name) { return error(fmt::format("{} is not a domain name", base::in_quotes(name))); }

// ---- the cache -----------------------------------------------------------------------------------------------------------

ControlAnswer flush(io::Cache& cache, std::string_view what) {
  std::size_t removed = 0;
  if (what == "all") {
    removed = cache.remove_zone(dns::Name());
  } else {
    const bool is_zone = what.starts_with('.') && what.size() > 1;
    const auto name = dns::Name::parse(is_zone ? what.substr(1) : what);
    if (!name) return bad_name(what);
    removed = is_zone ? cache.remove_zone(*name) : cache.remove(*name);
  }
  return ok(fmt::format("removed={}", removed));
}

template <class Values, class Text>
void add_records(std::string& out, std::string_view head, const Values& values, Text&& text) {
  std::size_t shown = 0;
  for (const auto& value : values) {
    if (shown++ == kMostRecords) {
      out += fmt::format("{} (and {} further records)\n", head, values.size() - kMostRecords);
      return;
    }
    out += fmt::format("{} {}\n", head, text(value));
  }
}

// Returns the name as it is shown: the root is ".".
std::string shown(const dns::Name& name) { return name.text().empty() ? "." : std::string(base::printable(name.text())); }

// Returns an answer as lines that begin with `head`.
std::string answer_text(const std::string& head, const dns::Answer& answer) {
  std::string out;
  switch (answer.status) {
    case dns::Status::name_error: return head + " no such name\n";
    case dns::Status::failure: return fmt::format("{} failure: {}\n", head, base::clip(answer.problem, kMaxShown));
    case dns::Status::alias:
    case dns::Status::ok: break;
  }
  if (answer.is_void()) return head + " no such record\n";
  const std::string_view alias = answer.status == dns::Status::alias ? "alias of " : "";
  add_records(out, head, answer.addresses, [](const base::IpAddress& one) { return one.text(); });
  add_records(out, head, answer.names,
              [&](const std::string& one) { return fmt::format("{}{}", alias, one.empty() ? "." : base::clip(one, kMaxShown)); });
  add_records(out, head, answer.texts, [](const std::string& one) { return base::in_quotes(one, kMaxShown); });
  return out;
}

std::string cached_text(const dns::Question& question, const io::Cache::Peek& peek) {
  const std::string subject = fmt::format("{} {}", shown(question.name), dns::type_name(question.type));
  std::string out;
  if (peek.answer != nullptr) {
    out += answer_text(fmt::format("{} ttl={} uses={}", subject, peek.left.count(), peek.uses), peek.answer->answer);
  }
  if (peek.is_under_way) out += fmt::format("{} under way, waiting={}\n", subject, peek.waiting);
  if (peek.stale != nullptr) out += answer_text(fmt::format("{} stale={}", subject, peek.stale_left.count()), peek.stale->answer);
  return out;
}

ControlAnswer answer_of(const CacheKeeper::Outcome& outcome) { return outcome ? ok(*outcome) : error(outcome.error()); }

ControlAnswer look_up(io::Cache& cache, std::string_view text, std::optional<std::string_view> type_text) {
  const auto name = dns::Name::parse(text);
  if (!name) return bad_name(text);
  std::string out;
  bool is_known_type = !type_text;
  for (const dns::Type type : dns::kTypes) {
    if (type_text && !base::equals_ignoring_case(*type_text, dns::type_name(type))) continue;
    is_known_type = true;
    const dns::Question question{*name, type};
    if (const auto peek = cache.peek(question, io::Clock::now())) out += cached_text(question, *peek);
  }
  if (!is_known_type) return error(fmt::format("{} is not one of: A, AAAA, MX, PTR, TXT", base::in_quotes(*type_text)));
  if (out.empty()) return ok(fmt::format("{} is not in the cache\n", shown(*name)));
  return ok(std::move(out));
}

// ---- the configuration ---------------------------------------------------------------------------------------------------

ControlAnswer set_level(Commanded& commanded, std::string_view word) {
  const auto level = level_of(word);
  if (!level) return error(fmt::format("{} is not one of: error, warning, info, debug", base::in_quotes(word)));
  auto snapshot = std::make_shared<Snapshot>(commanded.in_force());
  snapshot->log_level = *level;
  snapshot->policy.spf.trace = *level >= LogLevel::debug;
  commanded.adjust(std::move(snapshot));
  return ok();
}

ControlAnswer set_dry_run(Commanded& commanded, std::string_view word) {
  if (word != "on" && word != "off") return error("dry_run is followed by on or off");
  auto snapshot = std::make_shared<Snapshot>(commanded.in_force());
  snapshot->policy.rules.dry_run = word == "on";
  // For all mail, whatever the sections for domains say.
  for (auto* const sections : {&snapshot->policy.senders, &snapshot->policy.recipients})
    sections->change_all([](receiver::Rules& rules) { rules.dry_run.reset(); });
  commanded.adjust(std::move(snapshot));
  return ok();
}

// ---- the process ---------------------------------------------------------------------------------------------------------

ControlAnswer status(Commanded& commanded) {
  std::string text;
  for (const auto& [name, value] : commanded.status()) base::append(text, name, "=", base::printable(value), "\n");
  return ok(std::move(text));
}

ControlAnswer reload(Commanded& commanded) {
  const LogCopy copy;
  if (commanded.reload()) return ok(copy.text());
  // One line, the last one, has the reason.
  std::string_view text = copy.text();
  if (text.ends_with('\n')) text.remove_suffix(1);
  return error(std::string(text.substr(text.rfind('\n') + 1)));
}

void metrics(Commanded& commanded, std::string_view form, const Done& done) {
  if (form != "openmetrics" && form != "prometheus")
    return done(error("stats is followed by openmetrics, prometheus or nothing"));
  const MetricsFormat format = form == "openmetrics" ? MetricsFormat::openmetrics : MetricsFormat::prometheus;
  commanded.count([done, format, cache = commanded.cache(), facts = commanded.facts()](const Counters& counters) {
    done(ok(metrics_text(counters, cache->counters(), facts, format)));
  });
}

void stats(Commanded& commanded, const Done& done) {
  commanded.count([done, cache = commanded.cache()](const Counters& counters) {
    std::string text;
    for (const std::string& line : counter_lines(counters, cache->counters(), lost_log_lines(), refused_calls().count))
      base::append(text, line, "\n");
    done(ok(std::move(text)));
  });
}

// Returns the number of entries to show; none: the word is not a number of them.
std::optional<std::size_t> number_of(const Words& words, std::size_t index) {
  if (words.size() <= index) return 10;
  const auto number = base::parse_number(words[index], base::TopNames::kNames);
  return number && *number > 0 ? std::optional<std::size_t>(*number) : std::nullopt;
}

ControlAnswer bad_number(std::string_view word) {
  return error(fmt::format("{} is not a number from 1 to {}", base::in_quotes(word), base::TopNames::kNames));
}

// Returns a function that answers with the largest entries.
std::function<void(const TopEntries&)> answer_with_largest(const Done& done, std::size_t most) {
  return [done, most](const TopEntries& entries) {
    TopEntries sorted = entries;
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.count != b.count ? a.count > b.count : a.name < b.name; });
    if (sorted.size() > most) sorted.resize(most);
    std::string text;
    for (const auto& [name, count, excess] : sorted) {
      text += fmt::format("{} {}", count, base::printable(name));
      text += excess == 0 ? "\n" : fmt::format(" (at least {})\n", count - std::min(count, excess));
    }
    done(ok(std::move(text)));
  };
}

void top(Commanded& commanded, const Words& words, const Done& done) {
  base::TopNames Tops::*which = nullptr;
  if (words[1] == "slow") which = &Tops::slow;
  if (words[1] == "temperror") which = &Tops::temperror;
  if (words[1] == "refused") which = &Tops::refused;
  if (which == nullptr) return done(error(fmt::format("{} is not one of: slow, temperror, refused", base::in_quotes(words[1]))));
  const auto most = number_of(words, 2);
  if (!most) return done(bad_number(words[2]));
  commanded.top(which, answer_with_largest(done, *most));
}

void peers(Commanded& commanded, const Words& words, const Done& done) {
  const auto most = number_of(words, 1);
  if (!most) return done(bad_number(words[1]));
  commanded.peers(answer_with_largest(done, *most));
}

// ---- the table -----------------------------------------------------------------------------------------------------------

struct Command {
  std::string_view name;
  std::string_view arguments;  // as in the message about a wrong number of them
  std::size_t least;           // of arguments
  std::size_t most;
  bool is_logged;  // it changes something
  void (*run)(Commanded& commanded, const Words& words, const Done& done);
};

constexpr Command kCommands[] = {
    {"status", "", 0, 0, false, [](Commanded& c, const Words&, const Done& done) { done(status(c)); }},
    {"stats", "[openmetrics | prometheus]", 0, 1, false,
     [](Commanded& c, const Words& words, const Done& done) { words.size() > 1 ? metrics(c, words[1], done) : stats(c, done); }},
    {"reload", "", 0, 0, true, [](Commanded& c, const Words&, const Done& done) { done(reload(c)); }},
    {"drain", "", 0, 0, true,
     [](Commanded& c, const Words&, const Done& done) {
       c.set_drained(true);
       done(ok());
     }},
    {"undrain", "", 0, 0, true,
     [](Commanded& c, const Words&, const Done& done) {
       c.set_drained(false);
       done(ok());
     }},
    {"stop", "", 0, 0, true,
     [](Commanded& c, const Words&, const Done& done) {
       c.stop();
       done(ok());
     }},
    {"flush", "NAME | .ZONE | all", 1, 1, true,
     [](Commanded& c, const Words& words, const Done& done) { done(flush(*c.cache(), words[1])); }},
    {"lookup", "NAME [TYPE]", 1, 2, false,
     [](Commanded& c, const Words& words, const Done& done) {
       done(look_up(*c.cache(), words[1], words.size() > 2 ? std::optional(words[2]) : std::nullopt));
     }},
    {"dump_cache", "", 0, 0, true,
     [](Commanded& c, const Words&, const Done& done) { done(answer_of(c.cache_keeper().save_now(*c.cache()))); }},
    {"load_cache", "", 0, 0, true,
     [](Commanded& c, const Words&, const Done& done) { done(answer_of(c.cache_keeper().load_now(*c.cache()))); }},
    {"top", "slow | temperror | refused [N]", 1, 2, false,
     [](Commanded& c, const Words& words, const Done& done) { top(c, words, done); }},
    {"peers", "[N]", 0, 1, false, [](Commanded& c, const Words& words, const Done& done) { peers(c, words, done); }},
    {"loglevel", "LEVEL", 1, 1, true, [](Commanded& c, const Words& words, const Done& done) { done(set_level(c, words[1])); }},
    {"dry_run", "on | off", 1, 1, true,
     [](Commanded& c, const Words& words, const Done& done) { done(set_dry_run(c, words[1])); }},
};

}  // namespace

void obey(Commanded& commanded, std::string_view line, const Done& done) {
  Words words = base::split(line, ' ');
  std::erase(words, std::string_view());
  if (words.empty()) return done(error("there is no command in the line"));
  const auto* const command =
      std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& one) { return one.name == words.front(); });
  if (command == std::end(kCommands))
    return done(error(fmt::format("{} is not a command; see spfctl(8)", base::in_quotes(words.front()))));
  const std::size_t arguments = words.size() - 1;
  if (arguments < command->least || arguments > command->most) {
    return done(error(command->most == 0 ? fmt::format("{} takes no arguments", command->name)
                                         : fmt::format("usage: {} {}", command->name, command->arguments)));
  }
  if (command->is_logged) log(LogLevel::info, "control: {}", base::clip(line, 300));
  command->run(commanded, words, done);
}

}  // namespace spfd
