#include "common/options/command_line.h"

#include <fmt/core.h>
#include <getopt.h>

#include <algorithm>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace options {

namespace {

constexpr int kFirstRow = 256;  // getopt's codes of the rows, above all characters

int argument_of(Kind kind) {
  switch (kind) {
    case Kind::act: return no_argument;
    case Kind::flag:
    case Kind::level:
    case Kind::optional: return optional_argument;
    default: return required_argument;
  }
}

bool is_number(const char* word) { return base::parse_number(word, 1000).has_value(); }

void add(std::vector<Setting>& settings, const Row& row, std::optional<std::string> value) {
  const auto same = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.row == &row; });
  Setting setting{&row, {}, "--" + (row.name.empty() ? std::string(1, row.letter) : std::string(row.name))};
  if (same != settings.end()) {
    setting = std::move(*same);
    settings.erase(same);
  }
  if (value) {
    setting.values.push_back(std::move(*value));
  } else if (row.kind == Kind::flag || row.kind == Kind::level) {
    setting.values.emplace_back("true");
  }
  settings.push_back(std::move(setting));
}

const Row* with_letter(const Rows& rows, int letter) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row* row) { return letter != 0 && row->letter == letter; });
  return found == rows.end() ? nullptr : *found;
}

}  // namespace

CommandLine read_command_line(const Rows& rows, const std::vector<std::string>& words, const Row* for_strays) {
  std::vector<std::string> names;
  std::vector<::option> long_names;
  std::string letters = "-:";  // words without option come as code 1; a missing value as ':'
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row* row = rows[i];
    for (const std::string_view name : row->names()) {
      names.emplace_back(name);
      long_names.push_back({nullptr, argument_of(row->kind), nullptr, kFirstRow + static_cast<int>(i)});
    }
    if (row->letter == 0) continue;
    letters += row->letter;
    if (argument_of(row->kind) == required_argument) letters += ':';
  }
  for (std::size_t i = 0; i < names.size(); ++i) long_names[i].name = names[i].c_str();
  long_names.push_back({nullptr, 0, nullptr, 0});

  std::string program;
  std::vector<std::string> copies = words;
  std::vector<char*> argv = {program.data()};
  for (std::string& word : copies) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int argc = static_cast<int>(argv.size()) - 1;

  CommandLine out;
  const auto settings = [&]() -> std::vector<Setting>& { return out.error ? out.rest : out.settings; };
  const auto add_stray = [&](const char* word) {
    if (for_strays != nullptr) return add(settings(), *for_strays, word);
    settings().push_back({nullptr, {word}, word});
  };
  const auto fail = [&](const Row* row, std::string_view word, std::string_view what) {
    if (!out.error) out.error = fmt::format("{}: {}", base::clip(word, 100), what);
    if (row != nullptr) out.rest.push_back({row, {}, {}});
  };
  optind = 0;
  opterr = 0;
  for (int code = 0; (code = ::getopt_long_only(argc, argv.data(), letters.c_str(), long_names.data(), nullptr)) != -1;) {
    if (code == 1) {
      add_stray(optarg);
      continue;
    }
    const bool is_error = code == ':' || code == '?';
    const int option = is_error ? optopt : code;
    const Row* row = option >= kFirstRow ? rows[static_cast<std::size_t>(option - kFirstRow)] : with_letter(rows, option);
    if (code == ':' && row != nullptr && row->kind == Kind::last) {
      add(settings(), *row, std::nullopt);
      continue;
    }
    // The letter at fault, if the word has several.
    const std::string word = option > 0 && option < kFirstRow ? std::string{'-', static_cast<char>(option)}
                                                              : std::string(argv[static_cast<std::size_t>(optind) - 1]);
    if (is_error || row == nullptr) {
      const std::string_view what = code == ':'           ? "the value is missing"
                                    : option >= kFirstRow ? "the option takes no value"
                                                          : "there is no such option, or it is ambiguous";
      fail(row, word, what);
      continue;
    }
    const bool takes_number = row->kind == Kind::level && optarg == nullptr && optind < argc;
    if (takes_number && is_number(argv[static_cast<std::size_t>(optind)])) optarg = argv[static_cast<std::size_t>(optind++)];
    add(settings(), *row, optarg == nullptr ? std::nullopt : std::optional<std::string>(optarg));
  }
  while (optind < argc) add_stray(argv[static_cast<std::size_t>(optind++)]);
  return out;
}

}  // namespace options
