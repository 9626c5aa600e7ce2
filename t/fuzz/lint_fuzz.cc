// Examinations of records over a hostile DNS, and comparisons of two records. Input: lines of text.
//   new TEXT             the record to compare with that of the domain
//   own ADDRESS          an address of the domain
//   helo NAME, sub NAME  its HELO name; a subdomain
//   NAME TYPE VALUE      a record; NAME "*": for every name without a record of that type
// The domain is n0.x. VALUE "!" is a failure, "!!" a name error; "\n" in a value is a byte 0x80 + n, for a digit n.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/lint/comparison.h"
#include "common/lint/finding_kinds.h"
#include "common/lint/json.h"
#include "common/lint/sarif.h"
#include "t/fuzz/target.h"

namespace {

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_byte = text[i] == '\\' && i + 1 < text.size() && base::is_digit(text[i + 1]);
    out += is_byte ? static_cast<char>(0x80 + (text[++i] - '0')) : text[i];
  }
  return out;
}

// The answers of the name servers, and the subject.
class World : public spf::AnswerSource {
 public:
  World(const std::uint8_t* data, std::size_t size) {
    subject.domain = *dns::Name::parse("n0.x");
    // Smaller than usual, so that a fuzzer reaches them.
    subject.limits = {.records = 60, .questions = 300, .terms = 600, .addresses = 2000, .depth = 11, .work = 200'000};
    for (fuzz::Cutter input(data, size); !input.empty();) read_line(input.line());
  }

  const spf::KnownAnswer* find(const dns::Question& question) override {
    const auto found = known_.find(question);
    return found == known_.end() ? nullptr : found->second.get();
  }
  void tell(const dns::Question& question) {
    fuzz::check(!known_.contains(question), "a question is asked once");
    known_.emplace(question, std::make_unique<spf::KnownAnswer>(answer(question)));
  }
  void forget() { known_.clear(); }
  [[nodiscard]] std::size_t questions() const { return known_.size(); }

  lint::Subject subject;
  std::string new_record;

 private:
  [[nodiscard]] dns::Answer answer(const dns::Question& question) const {
    for (const std::string_view name : {question.name.text(), std::string_view("*")}) {
      const auto found = answers_.find({std::string(name), question.type});
      if (found != answers_.end()) return found->second;
    }
    dns::Answer nothing;
    nothing.ttl = 60;
    if (question.name.labels() % 2 == 0) nothing.status = dns::Status::name_error;
    return nothing;
  }

  void read_line(std::string_view line) {
    constexpr std::size_t kMostOwn = 3;
    const std::string_view first = fuzz::take_word(line);
    if (first == "new") {
      new_record = unescaped(line);
    } else if (first == "own") {
      const auto address = base::IpAddress::parse(line);
      if (address && subject.own.size() < kMostOwn) subject.own.push_back(*address);
    } else if (first == "helo") {
      subject.helo = dns::Name::parse(line);
    } else if (first == "sub") {
      const auto name = dns::Name::parse(line);
      if (name && subject.subdomains.size() < kMostOwn) subject.subdomains.push_back(*name);
    } else {
      read_record(first, line);
    }
  }

  void read_record(std::string_view owner, std::string_view line) {
    const auto name = dns::Name::parse(owner);
    const std::string_view word = fuzz::take_word(line);
    for (const dns::Type type : {dns::Type::a, dns::Type::aaaa, dns::Type::mx, dns::Type::txt}) {
      if (!name || word != dns::type_name(type)) continue;
      dns::Answer& answer = answers_[{std::string(name->text()), type}];
      answer.ttl = 300;
      if (line == "!") {
        answer = dns::failure_answer("failed");
      } else if (line == "!!") {
        answer = {};
        answer.status = dns::Status::name_error;
      } else if (answer.status == dns::Status::ok) {
        add_value(answer, type, line);
      }
    }
  }

  static void add_value(dns::Answer& answer, dns::Type type, std::string_view text) {
    if (type == dns::Type::txt) return answer.texts.push_back(unescaped(text));
    if (type == dns::Type::mx) {
      const auto host = dns::Name::parse(text);
      return answer.names.push_back(host ? std::string(host->text()) : "?");
    }
    const auto address = base::IpAddress::parse(text);
    if (address && address->is_v4() == (type == dns::Type::a)) answer.addresses.push_back(*address);
  }

  std::map<std::pair<std::string, dns::Type>, dns::Answer> answers_;
  std::unordered_map<dns::Question, std::unique_ptr<spf::KnownAnswer>> known_;
};

// Answers the questions of the step until it has none.
template <class Step>
void run(World& world, const Step& step) {
  // A record leads to the next one, its terms to hosts and these to addresses; own checks begin again with another record.
  constexpr int kMostRounds = 60;
  int rounds = 0;
  for (spf::Needs needs = step(); !needs.empty(); needs = step()) {
    fuzz::check(++rounds <= kMostRounds, "an examination ends after a bounded number of rounds");
    for (const dns::Question& question : needs.needed) world.tell(question);
  }
}

void check_report(const lint::Report& report) {
  fuzz::check(report.findings.size() <= lint::kMaxFindings, "findings are bounded");
  for (const lint::Finding& finding : report.findings) {
    fuzz::check(finding.kind == &lint::finding_kind(finding.kind->id), "the kind of a finding is in the table");
    fuzz::check(finding.line <= report.tree.lines.size(), "a finding has a line of the tree");
    fuzz::check(!finding.message.empty() && !finding.fix.empty(), "a finding says what is wrong and what to do");
    fuzz::check(fuzz::is_printable(finding.message) && fuzz::is_printable(finding.fix) && fuzz::is_printable(finding.term),
                "a finding is printable");
  }
}

// Checks JSON (RFC 8259); returns the rest after a value, or fails.
class Json {
 public:
  explicit Json(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool is_one_line() {
    value();
    return is_valid_ && rest_ == "\n";
  }

 private:
  void value() {
    if (take('{')) return members('}', true);
    if (take('[')) return members(']', false);
    if (rest_.starts_with('"')) return string();
    const auto end = rest_.find_first_not_of("-0123456789.abcdefghijklmnopqrstuvwxyz");
    const std::string_view word = rest_.substr(0, end);
    // The numbers are whole, or have one decimal (worst_seconds).
    const bool has_decimal = word.size() > 2 && word[word.size() - 2] == '.';
    const std::string_view whole = has_decimal ? word.substr(0, word.size() - 2) : word;
    const auto is_digits = [](std::string_view digits) {
      return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
    };
    const bool is_number = is_digits(whole) && (!has_decimal || is_digits(word.substr(word.size() - 1)));
    is_valid_ = is_valid_ && (is_number || word == "true" || word == "false" || word == "null");
    rest_.remove_prefix(word.size());
  }
  void members(char end, bool has_names) {
    if (take(end)) return;
    do {
      if (has_names) {
        string();
        is_valid_ = is_valid_ && take(':') && take(' ');
      }
      value();
    } while (is_valid_ && take(',') && take(' '));
    is_valid_ = is_valid_ && take(end);
  }
  void string() {
    is_valid_ = is_valid_ && take('"');
    while (is_valid_ && !take('"')) {
      if (take('\\')) {
        is_valid_ = take('"') || take('\\');
      } else {
        is_valid_ = !rest_.empty() && base::is_printable(rest_.front());
        if (is_valid_) rest_.remove_prefix(1);
      }
    }
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
  bool is_valid_ = true;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world(data, size);
  lint::Report report;
  run(world, [&] { return lint::examine(world.subject, world, report); });
  check_report(report);
  // The limits of the records, the evaluations of the domain's own addresses, and the names around the record.
  fuzz::check(world.questions() <= world.subject.limits.questions + 2 * 3 * 200, "questions are bounded");
  const std::string json = lint::json(report);
  fuzz::check(json.size() <= lint::kMaxJson, "the JSON object is bounded");
  fuzz::check(Json(json).is_one_line(), "the JSON object is valid");
  const std::string sarif = lint::sarif_run(report);
  fuzz::check(sarif.size() <= lint::kMaxSarif && Json(sarif + '\n').is_one_line(), "the run of SARIF is bounded and valid");
  if (world.new_record.empty()) return 0;

  world.forget();
  lint::Comparison change;
  run(world, [&] { return lint::compare(world.subject, world.new_record, world, change); });
  check_report(change.after);
  fuzz::check(lint::json(change.before) == json, "a comparison does not change the report of the record as it is");
  for (const lint::Shift& shift : change.shifts) {
    fuzz::check(shift.before != shift.after && !shift.clients.empty(), "a set of clients changes its result");
    const bool is_of_family = shift.witness.is_v4() == (shift.family == lint::Family::ipv4);
    fuzz::check(!is_of_family || shift.clients.contains(lint::number_of(shift.witness)), "the witness is in the set");
  }
  const std::string change_json = lint::json(change);
  fuzz::check(change_json.size() <= 2 * lint::kMaxJson && Json(change_json).is_one_line(), "the JSON of a change is valid");
  return 0;
}
