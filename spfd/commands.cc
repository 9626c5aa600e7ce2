#include "spfd/commands.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/json.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "spfd/cache_commands.h"
#include "spfd/control_desk.h"
#include "spfd/gathering.h"
#include "spfd/log.h"
#include "spfd/sandbox_seccomp.h"

namespace spfd {

namespace {

using protocol::ControlAnswer;
using protocol::Format;
using Done = std::function<void(const ControlAnswer&)>;
using Words = std::vector<std::string_view>;

// Processes that "peers" shows for each peer.
constexpr std::size_t kMostProcesses = 5;

// ---- the configuration ---------------------------------------------------------------------------------------------------

ControlAnswer answer_of(const CacheKeeper::Report& report, Format format) {
  if (!report) return ControlAnswer::error(report.error());
  if (format == Format::lines) return ControlAnswer::ok(*report);
  base::JsonMembers json;
  json.text("message", *report);
  return ControlAnswer::ok(json.take());
}

ControlAnswer set_level(Commanded& commanded, std::string_view word) {
  const auto level = level_of(word);
  if (!level) return ControlAnswer::error(fmt::format("{} is not one of: error, warning, info, debug", base::in_quotes(word)));
  auto snapshot = std::make_shared<Snapshot>(commanded.in_force());
  snapshot->log_level = *level;
  snapshot->policy.spf.trace = *level >= LogLevel::debug;
  commanded.adjust(std::move(snapshot));
  return ControlAnswer::ok();
}

ControlAnswer set_dry_run(Commanded& commanded, std::string_view word) {
  if (word != "on" && word != "off") return ControlAnswer::error("dry_run is followed by on or off");
  auto snapshot = std::make_shared<Snapshot>(commanded.in_force());
  snapshot->policy.rules.dry_run = word == "on";
  // For all mail, whatever the sections for domains say.
  for (auto* const sections : {&snapshot->policy.senders, &snapshot->policy.recipients})
    sections->change_all([](receiver::Rules& rules) { rules.dry_run.reset(); });
  commanded.adjust(std::move(snapshot));
  return ControlAnswer::ok();
}

// ---- the process ---------------------------------------------------------------------------------------------------------

ControlAnswer status(Commanded& commanded, Format format) {
  std::string text;
  base::JsonMembers json;
  for (const auto& [name, value] : commanded.status()) {
    if (const auto* const number = std::get_if<std::uint64_t>(&value)) {
      json.number(name, *number);
      base::append(text, name, "=", std::to_string(*number), "\n");
    } else {
      json.text(name, std::get<std::string>(value));
      base::append(text, name, "=", base::printable(std::get<std::string>(value)), "\n");
    }
  }
  return ControlAnswer::ok(format == Format::json ? json.take() : std::move(text));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : base::split(text, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

ControlAnswer reload(Commanded& commanded, Format format) {
  const LogCopy copy;
  const bool is_done = commanded.reload();
  const std::vector<std::string> lines = lines_of(copy.text());
  // The last line has the reason.
  if (!is_done) return ControlAnswer::error(lines.empty() ? "not reloaded" : lines.back());
  if (format == Format::lines) return ControlAnswer::ok(copy.text());
  base::JsonMembers json;
  json.list("lines", lines);
  return ControlAnswer::ok(json.take());
}

void metrics(Commanded& commanded, std::string_view form, Format format, const Done& done) {
  if (form != "openmetrics" && form != "prometheus")
    return done(ControlAnswer::error("stats is followed by openmetrics, prometheus or nothing"));
  if (format == Format::json) return done(ControlAnswer::error("metrics have a format of their own, not JSON"));
  const MetricsFormat written = form == "openmetrics" ? MetricsFormat::openmetrics : MetricsFormat::prometheus;
  commanded.count([done, written, cache = commanded.cache(), facts = commanded.facts()](const Gathered<Counters>& counters) {
    // Without the part of a worker, counters would decrease, as they do at a restart.
    if (!counters.missing.empty())
      return done(ControlAnswer::error("there are no metrics, since a worker is stuck: " + counters.missing.front()));
    done(ControlAnswer::ok(metrics_text(counters.total, cache->counters(), facts, written)));
  });
}

// Returns the counters as members of an object. A group with a name is an object of that name.
base::JsonMembers json_of(const std::vector<CounterGroup>& groups) {
  base::JsonMembers json;
  for (const CounterGroup& group : groups) {
    base::JsonMembers of_group;
    for (const auto& [key, count] : group.counters) (group.name.empty() ? json : of_group).number(key, count);
    if (!group.name.empty()) json.raw(group.name, of_group.object());
  }
  return json;
}

// Names the workers that are not in an answer.
void add_missing(const std::vector<std::string>& missing, std::string& text, base::JsonMembers& json) {
  if (missing.empty()) return;
  base::append(text, "(", missing_text(missing), ")\n");
  json.list("missing", missing);
}

void stats(Commanded& commanded, Format format, const Done& done) {
  commanded.count([done, format, cache = commanded.cache()](const Gathered<Counters>& counters) {
    const auto groups = counter_groups(counters.total, cache->counters(), lost_log_lines(), refused_calls().count);
    base::JsonMembers json = json_of(groups);
    std::string text;
    for (const CounterGroup& group : groups) base::append(text, group.line(), "\n");
    add_missing(counters.missing, text, json);
    done(ControlAnswer::ok(format == Format::json ? json.take() : std::move(text)));
  });
}

// Returns the number of entries to show; none: the word is not a possible number.
std::optional<std::size_t> number_of(const Words& words, std::size_t index) {
  if (words.size() <= index) return 10;
  const auto number = base::parse_number(words[index], base::TopNames::kNames);
  return number && *number > 0 ? std::optional<std::size_t>(*number) : std::nullopt;
}

ControlAnswer bad_number(std::string_view word) {
  return ControlAnswer::error(fmt::format("{} is not a number from 1 to {}", base::in_quotes(word), base::TopNames::kNames));
}

void top(Commanded& commanded, const Words& words, Format format, const Done& done) {
  base::TopNames Tops::*which = nullptr;
  if (words[1] == "slow") which = &Tops::slow;
  if (words[1] == "temperror") which = &Tops::temperror;
  if (words[1] == "refused") which = &Tops::refused;
  if (which == nullptr)
    return done(ControlAnswer::error(fmt::format("{} is not one of: slow, temperror, refused", base::in_quotes(words[1]))));
  const auto most = number_of(words, 2);
  if (!most) return done(bad_number(words[2]));
  commanded.top(which, [done, format, most = *most](const Gathered<TopEntries>& found) {
    TopEntries entries = found.total;
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.count != b.count ? a.count > b.count : a.name < b.name; });
    if (entries.size() > most) entries.resize(most);
    std::string text;
    std::vector<std::string> objects;
    for (const auto& [name, count, excess] : entries) {
      const std::uint64_t least = count - std::min(count, excess);
      text += fmt::format("{} {}", count, base::printable(name));
      text += excess == 0 ? "\n" : fmt::format(" (at least {})\n", least);
      base::JsonMembers one;
      one.text("domain", name);
      one.number("count", count);
      one.number("at_least", least);
      objects.push_back(one.object());
    }
    base::JsonMembers json;
    json.array("top", objects);
    add_missing(found.missing, text, json);
    done(ControlAnswer::ok(format == Format::json ? json.take() : std::move(text)));
  });
}

// Writes the peer with the processes that have the most of its connections.
void add_peer(const std::string& peer, const PeerUse& use, std::string& text, std::vector<std::string>& objects) {
  std::vector<std::pair<pid_t, std::uint64_t>> processes(use.processes.begin(), use.processes.end());
  std::stable_sort(processes.begin(), processes.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  const std::size_t all = processes.size();
  if (all > kMostProcesses) processes.resize(kMostProcesses);
  text += fmt::format("{} {}", use.connections, peer);
  std::vector<std::string> of_peer;
  for (const auto& [process, connections] : processes) {
    text += fmt::format("{} pid {} ({})", of_peer.empty() ? ":" : ",", process, connections);
    base::JsonMembers one;
    one.number("pid", static_cast<std::uint64_t>(process));
    one.number("connections", connections);
    of_peer.push_back(one.object());
  }
  if (all > processes.size()) text += fmt::format(", {} more", all - processes.size());
  text += '\n';
  base::JsonMembers one;
  one.text("peer", peer);
  one.number("connections", use.connections);
  one.number("processes", all);
  one.array("largest", of_peer);
  objects.push_back(one.object());
}

void peers(Commanded& commanded, const Words& words, Format format, const Done& done) {
  const auto most = number_of(words, 1);
  if (!most) return done(bad_number(words[1]));
  commanded.peers([done, format, most = *most](const Gathered<Peers>& found) {
    std::vector<std::pair<std::string, PeerUse>> sorted(found.total.begin(), found.total.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second.connections > b.second.connections; });
    if (sorted.size() > most) sorted.resize(most);
    std::string text;
    std::vector<std::string> objects;
    for (const auto& [peer, use] : sorted) add_peer(peer, use, text, objects);
    base::JsonMembers json;
    json.array("peers", objects);
    add_missing(found.missing, text, json);
    done(ControlAnswer::ok(format == Format::json ? json.take() : std::move(text)));
  });
}

// ---- the table -----------------------------------------------------------------------------------------------------------

// The purpose of a command. Each user of the control socket may give all of them, those of ControlUsers::stats only the first
// kind.
enum class Use : std::uint8_t {
  watch,   // shows state and counters
  look,    // shows what clients asked
  change,  // is logged
};

struct Command {
  std::string_view name;
  std::string_view arguments;  // as in the message about a wrong number of them
  std::size_t least;           // of arguments
  std::size_t most;
  Use use;
  void (*run)(Commanded& commanded, const Words& words, Format format, const Done& done);
};

constexpr Command kCommands[] = {
    {"status", "", 0, 0, Use::watch,
     [](Commanded& c, const Words&, Format format, const Done& done) { done(status(c, format)); }},
    {"stats", "[openmetrics | prometheus]", 0, 1, Use::watch,
     [](Commanded& c, const Words& words, Format format, const Done& done) {
       words.size() > 1 ? metrics(c, words[1], format, done) : stats(c, format, done);
     }},
    {"reload", "", 0, 0, Use::change,
     [](Commanded& c, const Words&, Format format, const Done& done) { done(reload(c, format)); }},
    {"drain", "", 0, 0, Use::change,
     [](Commanded& c, const Words&, Format, const Done& done) {
       c.set_drained(true);
       done(ControlAnswer::ok());
     }},
    {"undrain", "", 0, 0, Use::change,
     [](Commanded& c, const Words&, Format, const Done& done) {
       c.set_drained(false);
       done(ControlAnswer::ok());
     }},
    {"stop", "", 0, 0, Use::change,
     [](Commanded& c, const Words&, Format, const Done& done) {
       c.stop();
       done(ControlAnswer::ok());
     }},
    {"flush", "NAME | .ZONE | all", 1, 1, Use::change,
     [](Commanded& c, const Words& words, Format format, const Done& done) { done(flush(*c.cache(), words[1], format)); }},
    {"lookup", "NAME [TYPE]", 1, 2, Use::look,
     [](Commanded& c, const Words& words, Format format, const Done& done) {
       done(look_up(*c.cache(), words[1], words.size() > 2 ? std::optional(words[2]) : std::nullopt, format));
     }},
    {"dump_cache", "", 0, 0, Use::change,
     [](Commanded& c, const Words&, Format format, const Done& done) {
       done(answer_of(c.cache_keeper().save_now(*c.cache()), format));
     }},
    {"load_cache", "", 0, 0, Use::change,
     [](Commanded& c, const Words&, Format format, const Done& done) {
       done(answer_of(c.cache_keeper().load_now(*c.cache()), format));
     }},
    {"top", "slow | temperror | refused [N]", 1, 2, Use::look, top},
    {"peers", "[N]", 0, 1, Use::look, peers},
    {"loglevel", "LEVEL", 1, 1, Use::change,
     [](Commanded& c, const Words& words, Format, const Done& done) { done(set_level(c, words[1])); }},
    {"dry_run", "on | off", 1, 1, Use::change,
     [](Commanded& c, const Words& words, Format, const Done& done) { done(set_dry_run(c, words[1])); }},
};

}  // namespace

void obey(Commanded& commanded, const protocol::ControlRequest& request, bool may_only_watch, const Done& done) {
  Words words = base::split(request.line, ' ');
  std::erase(words, std::string_view());
  if (words.empty()) return done(ControlAnswer::error("there is no command in the line"));
  const auto* const command =
      std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& one) { return one.name == words.front(); });
  if (command == std::end(kCommands))
    return done(ControlAnswer::error(fmt::format("{} is not a command; see spfctl(8)", base::in_quotes(words.front()))));
  if (may_only_watch && command->use != Use::watch) return done(ControlAnswer::error(std::string(ControlDesk::kOnlyWatches)));
  const std::size_t arguments = words.size() - 1;
  if (arguments < command->least || arguments > command->most) {
    return done(ControlAnswer::error(command->most == 0 ? fmt::format("{} takes no arguments", command->name)
                                                        : fmt::format("usage: {} {}", command->name, command->arguments)));
  }
  if (command->use == Use::change) log(LogLevel::info, "control: {}", base::clip(request.line, 300));
  command->run(commanded, words, request.format, done);
}

}  // namespace spfd
