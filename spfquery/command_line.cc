#include "spfquery/command_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/lint/term_text.h"
#include "common/options/command_line.h"
#include "common/receiver/default_explanation.h"
#include "spfquery/option_rows.h"

namespace spfquery {

namespace {

using options::Problem;
using options::Values;

// --trace and --verbose have no effect here, since programs pass them whatever the task is.
Problem check_examination(const Options& options) {
  if (options.ip || options.file || options.sender) return "--lint examines a record: leave out --ip, --sender and --file";
  if (options.helo && !parse_examined(*options.helo)) return "--helo is not a domain name with a dot";
  if (options.new_record && base::lower(*options.new_record).find("spf1") == std::string::npos)
    return fmt::format("--diff: {} is not an SPF record", base::in_quotes(*options.new_record));
  if (options.examined_file && !options.examined.empty()) return "--lint-file has the domains: leave out --lint";
  if (options.new_record && options.examined.size() != 1) return "--diff compares the records of one domain: give one --lint";
  if (options.sarif && (options.json || options.examined_file || options.new_record))
    return "--sarif prints the reports of --lint: leave out --json, --lint-file and --diff";
  if (options.why) return "an examination is not a check: leave out --why";
  if (options.server) return "an examination is spfquery's own: leave out --server";
  return {};
}

Problem check_replay(const Options& options) {
  if (options.ip || options.file || options.sender || options.helo)
    return "--replay takes the requests from a log: leave out --ip, --sender, --helo and --file";
  if (options.server || options.policy.spf.trace || options.why)
    return "--replay checks by itself, and many: leave out --server, --trace, --verbose, --why";
  if (options.logs.empty()) return "--replay needs a log file, or - for standard input";
  return {};
}

Problem check_requests(const Options& options) {
  if (options.file && (options.ip || options.sender)) return "--file has addresses and senders: leave out --ip and --sender";
  if (!options.file && !options.ip) return "no address was given (--ip); see --help";
  if (!options.file && !options.sender && !options.helo)
    return "neither a sender nor a HELO name was given (--sender, --helo); see --help";
  if (options.server && options.policy.spf.trace) return "--trace shows an evaluation of spfquery's own: leave out --server";
  return {};
}

// Chooses the task from the values, and checks that all options belong to it. Their order does not matter.
Problem choose_task(Options& options) {
  const bool examines = !options.examined.empty() || options.examined_file;
  if (examines && options.replay) return "--lint examines records, and --replay checks the mail of a log: give one of them";
  if (examines) options.action = Options::Action::examine;
  if (options.replay) options.action = Options::Action::replay;
  if (!options.replay && (options.config || options.has_baseline())) return "--config and --baseline are for --replay";
  if (!examines && (options.new_record || !options.own.empty() || !options.subdomains.empty() || options.authoritative ||
                    options.networks || options.sarif))
    return "--diff, --from, --subdomains, --authoritative, --networks and --sarif belong to an examination: give --lint";
  if (examines) return check_examination(options);
  return options.replay ? check_replay(options) : check_requests(options);
}

// "--lint --file FILE", in any order, is "--lint-file FILE": --lint without a domain takes its domains from the file.
std::vector<std::string> with_lint_file(std::vector<std::string> words) {
  const auto lint = std::ranges::find_if(words, [](const std::string& word) { return word == "--lint" || word == "-lint"; });
  const auto file = std::ranges::find_if(words, [](const std::string& word) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    return name == "--file" || name == "-file" || name == "-f";
  });
  if (lint == words.end() || file == words.end() || (lint + 1 != words.end() && !(lint + 1)->starts_with('-'))) return words;
  const std::size_t equals = file->find('=');
  *file = "--lint-file" + (equals == std::string::npos ? std::string() : file->substr(equals));
  words.erase(lint);
  return words;
}

// Returns whether a term of the record asks for names of the record's own domain.
bool needs_domain(std::string_view record) {
  const std::string text = base::lower(record);
  if (text.find("%{d") != std::string::npos) return true;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view term = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(term.size() + 1, rest.size()));
    term.remove_prefix(lint::sign_of(term).size());
    const std::string_view name = term.substr(0, term.find('/'));
    if (name == "a" || name == "mx" || name == "ptr") return true;
  }
  return false;
}

// Takes the records of --diff OLD NEW. Without --lint, they do not belong to any domain.
Problem take_records(Options& options, const std::string& record) {
  if (options.examined.empty()) {
    if (needs_domain(*options.new_record) || needs_domain(record))
      return "--diff: a record asks for names of its own domain: give --lint DOMAIN";
    if (auto problem = add_examined(options, {"record.invalid"})) return problem;
  }
  options.records.push_back({options.examined.front(), std::exchange(*options.new_record, record)});
  return {};
}

// Returns whether the words without option are "DOMAIN", which requests an examination if no option has another task.
bool is_plain_domain(const Values& words) {
  return words.size() == 1 && words.front().find('.') != std::string::npos && !base::IpAddress::parse(words.front());
}

// Takes words without option. After --replay they are files. If neither --ip nor --lint nor --file is given, "ADDRESS [MAILBOX
// [HELO]]" requests a check, and "DOMAIN" an examination. Other words are ignored, as they always were.
Problem take_words(Options& options, const Values& words) {
  if (options.replay) options.logs = words;
  const bool has_task = options.ip || options.file || options.replay || options.examined_file || !options.examined.empty();
  const bool has_domain = options.examined.size() == 1;
  if (options.new_record && words.size() == 1 && (has_domain || !has_task)) return take_records(options, words.front());
  if (has_task || words.empty()) return {};
  if (base::IpAddress::parse(words.front())) {
    options.ip = words.front();
    if (words.size() > 1 && !options.sender) options.sender = words[1];
    if (words.size() > 2 && !options.helo) options.helo = words[2];
    return {};
  }
  return is_plain_domain(words) && !options.sender && !options.helo ? add_examined(options, words) : Problem{};
}

// The options of examinations and replays.
const options::Rows& own_rows() {
  static const options::Rows rows = options::joined({add_lint_rows, add_replay_rows});
  return rows;
}

// Returns whether an option is a part of the request of a check. -s has no name.
bool is_of_request(const options::Row& row) {
  constexpr std::array kNames = std::to_array<std::string_view>({"ip", "sender", "helo", "identity", "", "file"});
  return std::ranges::find(kNames, row.name) != kNames.end();
}

// Returns whether a command line, perhaps one that cannot be read, is that of an examination or a replay.
bool has_own_task(const options::CommandLine& line) {
  bool has_request = false;
  Values words;
  for (const auto* settings : {&line.settings, &line.rest}) {
    for (const options::Setting& setting : *settings) {
      if (setting.row == nullptr) {
        words.push_back(setting.values.front());
      } else if (std::ranges::find(own_rows(), setting.row) != own_rows().end()) {
        return true;
      } else if (!setting.values.empty() && is_of_request(*setting.row)) {
        has_request = true;
      }
    }
  }
  return !has_request && is_plain_domain(words);
}

}  // namespace

const options::Rows& option_table() {
  static const options::Rows table = options::joined({add_check_rows, add_lint_rows, add_replay_rows, add_output_rows});
  return table;
}

base::Result<Options, BadUsage> parse_command_line(const std::vector<std::string>& words) {
  Options options;
  options.policy.spf.default_explanation = receiver::default_explanation();
  options::CommandLine line = options::read_command_line(option_table(), with_lint_file(words));
  const int usage_exit_code = has_own_task(line) ? kExitTaskUsage : kExitUsage;
  Values strays;
  const auto take_all = [&]() -> Problem {
    if (auto problem = set_authorized(options, {""})) return problem;
    for (const options::Setting& setting : line.settings) {
      if (setting.row == nullptr) {
        strays.push_back(setting.values.front());
      } else if (auto problem = apply(setting, options)) {
        return problem;
      }
      if (options.action != Options::Action::ask) return {};  // --help, --version
    }
    if (line.error) return std::move(line.error);
    if (auto problem = take_words(options, strays)) return problem;
    options.policy.spf.trace = options.trace || options.verbose;
    return choose_task(options);
  };
  if (auto problem = take_all()) return base::failure(BadUsage{std::move(*problem), usage_exit_code});
  return options;
}

}  // namespace spfquery
