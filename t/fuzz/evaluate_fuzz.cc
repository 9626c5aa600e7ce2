// The evaluator, and the receiver on top of it, over a hostile DNS. Input: lines of text.
//   client|sender|helo|receiver|scope|explain VALUE    the check; explain: the receiver's default explanation
//   rcpt VALUE                                         the recipient
//   novoid6                                            Limits::void_lookups_ipv6 off
//   policy forwarders|local|secondary|guess TERMS      local policy
//   policy fallback PATTERN=RECORD
//   policy helofirst|dryrun|guesskeys|own TERMS        own: terms in the request
//   NAME TYPE TTL VALUE                                a record; NAME "*": for every name without a record of that type
// VALUE "!reason" is a failure, "!NXDOMAIN" a name error; "\XX" (hexadecimal) in a value is a byte.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/receiver/default_explanation.h"
#include "common/receiver/explanation.h"
#include "common/receiver/receiver.h"
#include "common/spf/explanation.h"
#include "common/spf/question_budget.h"
#include "t/fuzz/answer_checks.h"
#include "t/fuzz/reply_checks.h"
#include "t/fuzz/target.h"
#include "t/support/single.h"

namespace {

constexpr int kMaxWanted = 16;  // as io::DriverOptions
// Per evaluated record: a part of a check may evaluate several.
constexpr int kMaxRequests = static_cast<int>(spf::QuestionBudget::kMost);
// The first record, 10 terms of two rounds each, the addresses of %{p} after its PTR, and the explanation.
constexpr int kMaxRounds = 24;

std::optional<unsigned> hex_digit(char c) {
  if (base::is_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = base::to_lower(c);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
  return std::nullopt;
}

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = i + 2 < text.size() && text[i] == '\\' ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (low) {
      out += static_cast<char>(*high << 4 | *low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<dns::Type> parse_type(std::string_view word) {
  for (const dns::Type type : {dns::Type::a, dns::Type::aaaa, dns::Type::mx, dns::Type::ptr, dns::Type::txt}) {
    if (word == dns::type_name(type)) return type;
  }
  return std::nullopt;
}

// The answers of the name servers, and the check.
class World {
 public:
  World(const std::uint8_t* data, std::size_t size) {
    for (fuzz::Cutter input(data, size); !input.empty();) read_line(input.line());
  }

  [[nodiscard]] const receiver::Request& request() const { return request_; }
  [[nodiscard]] const receiver::Policy& policy() const { return policy_; }
  void set_prefetch(spf::Prefetch prefetch) { policy_.spf.prefetch = prefetch; }

  // Returns the number of records that one check may have to evaluate, each within the limits of RFC 7208.
  [[nodiscard]] int evaluations() const {
    int terms = 0;
    for (const auto* list :
         {&policy_.rules.forwarders, &policy_.rules.local, &policy_.rules.secondary_mx, &policy_.rules.guess}) {
      if (*list) terms += static_cast<int>((*list)->size());
    }
    terms += own_terms_ + (request_.guess ? terms + 3 : 0);
    return (2 + terms) * (policy_.rules.check_helo ? 2 : 1);
  }

  // An answer with its record, parsed once for all runs.
  struct Known {
    explicit Known(dns::Answer found) : answer(std::move(found)) {}
    spf::KnownAnswer answer;
    int asked_in = 0;  // the last run that asked for it
  };
  Known& known(const dns::Question& question) {
    const auto found = known_.find(question);
    if (found != known_.end()) return found->second;
    dns::Answer fresh = answer(question);
    fuzz::check_answer(fresh, question.type);
    return known_.try_emplace(question, std::move(fresh)).first->second;
  }
  Known* find(const dns::Question& question) {
    const auto found = known_.find(question);
    return found == known_.end() ? nullptr : &found->second;
  }
  int begin_run() { return ++runs_; }

 private:
  [[nodiscard]] dns::Answer answer(const dns::Question& question) const {
    for (const std::string_view name : {question.name.text(), std::string_view("*")}) {
      const auto found = answers_.find(std::pair(name, question.type));
      if (found != answers_.end()) return found->second;
    }
    dns::Answer nothing;
    nothing.ttl = 60;
    if (!names_.contains(question.name.text())) nothing.status = dns::Status::name_error;
    return nothing;
  }

  void set_explanation(std::string_view text) {
    if (auto macros = spf::MacroString::parse(text, spf::MacroContext::explanation))
      policy_.spf.default_explanation = std::move(*macros);
  }

  void read_line(std::string_view line) {
    const std::string_view first = fuzz::take_word(line);
    if (first == "client") {
      request_.client = base::IpAddress::parse(line);
    } else if (first == "sender") {
      request_.sender = unescaped(line);
    } else if (first == "helo") {
      request_.helo = unescaped(line);
    } else if (first == "receiver") {
      request_.receiver = unescaped(line);
    } else if (first == "scope") {
      request_.scope = line == "helo" ? receiver::Scope::helo : receiver::Scope::mailfrom;
    } else if (first == "explain") {
      set_explanation(unescaped(line));
    } else if (first == "rcpt") {
      request_.recipient = unescaped(line);
    } else if (first == "policy") {
      const std::string_view rule = fuzz::take_word(line);
      read_policy(rule, line);
    } else if (first == "novoid6") {
      policy_.spf.limits.void_lookups_ipv6 = false;
    } else {
      read_record(first, line);
    }
  }

  void read_policy(std::string_view rule, std::string_view value) {
    constexpr std::size_t kMostTerms = 4;
    receiver::Rules& rules = policy_.rules;
    auto terms = receiver::parse_terms({unescaped(value)}, rule == "secondary");
    const bool are_terms = terms && terms->size() <= kMostTerms;
    if (rule == "forwarders" && are_terms) {
      rules.forwarders = std::move(*terms);
    } else if (rule == "local" && are_terms) {
      rules.local = std::move(*terms);
    } else if (rule == "secondary" && are_terms) {
      rules.secondary_mx = std::move(*terms);
    } else if (rule == "guess" && are_terms) {
      rules.guess = std::move(*terms);
    } else if (rule == "fallback") {
      auto fallback = receiver::parse_fallback(unescaped(value));
      if (fallback) policy_.fallback.add(*receiver::DomainPattern::parse(fallback->pattern), std::move(fallback->record));
    } else if (rule == "helofirst") {
      rules.check_helo = receiver::HeloCheck::first;
    } else if (rule == "dryrun") {
      rules.dry_run = true;
    } else if (rule == "guesskeys") {
      request_.guess = true;
    } else if (rule == "own" && (are_terms || !terms)) {
      policy_.allow_request_policy = true;
      request_.local = unescaped(value);
      own_terms_ = static_cast<int>(kMostTerms);
    }
  }

  void read_record(std::string_view owner, std::string_view line) {
    const auto name = dns::Name::parse(owner);
    const auto type = parse_type(fuzz::take_word(line));
    const auto ttl = base::parse_number(fuzz::take_word(line), 0x7fffffff);
    if (!name || !type || !ttl) return;
    names_.insert(std::string(name->text()));
    dns::Answer fresh;
    fresh.ttl = static_cast<std::uint32_t>(*ttl);
    dns::Answer& answer = answers_.try_emplace({std::string(name->text()), *type}, fresh).first->second;
    if (line == "!NXDOMAIN") {
      answer = fresh;
      answer.status = dns::Status::name_error;
    } else if (line.starts_with('!')) {
      answer = dns::failure_answer("failed");
    } else if (answer.status == dns::Status::ok) {
      answer.ttl = std::min(answer.ttl, fresh.ttl);
      add_value(answer, *type, line);
    }
  }

  static void add_value(dns::Answer& answer, dns::Type type, std::string_view text) {
    switch (type) {
      case dns::Type::spf:
      case dns::Type::txt: answer.texts.push_back(unescaped(text)); return;
      case dns::Type::mx:
      case dns::Type::ns:
      case dns::Type::ptr: {  // in the form of Answer::names
        const auto name = dns::Name::parse(unescaped(text));
        answer.names.push_back(name ? std::string(name->text()) : "?");
        return;
      }
      case dns::Type::a:
      case dns::Type::aaaa: {
        const auto address = base::IpAddress::parse(text);
        if (address && (type == dns::Type::aaaa || address->is_v4())) answer.addresses.push_back(*address);
        return;
      }
    }
  }

  // The request, as long as no line of the input changes it.
  static const receiver::Request& usual_request() {
    static const receiver::Request usual = [] {
      receiver::Request request;
      request.client = base::IpAddress::parse("192.0.2.1");
      request.sender = "user@n0.x";
      request.helo = "n1.x";
      request.time = 1577836860;
      return request;
    }();
    return usual;
  }
  static const receiver::Policy& usual_policy() {
    static const receiver::Policy usual = [] {
      receiver::Policy policy;
      policy.hostname = "mx.example.org";
      policy.spf.trace = true;
      policy.spf.default_explanation = receiver::default_explanation();
      return policy;
    }();
    return usual;
  }

  receiver::Request request_ = usual_request();
  receiver::Policy policy_ = usual_policy();
  int own_terms_ = 0;
  struct ByOwner {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const {
      return std::pair<std::string_view, dns::Type>(a) < std::pair<std::string_view, dns::Type>(b);
    }
  };
  std::map<std::pair<std::string, dns::Type>, dns::Answer, ByOwner> answers_;
  std::set<std::string, std::less<>> names_;
  std::unordered_map<dns::Question, Known> known_;
  int runs_ = 0;
};

// The questions of the current run.
class Asked final : public spf::AnswerSource {
 public:
  explicit Asked(World& world) : world_(world), run_(world.begin_run()) {}
  const spf::KnownAnswer* find(const dns::Question& question) override {
    const World::Known* const known = world_.find(question);
    return known == nullptr || known->asked_in != run_ ? nullptr : &known->answer;
  }
  void ask(const dns::Question& question) { world_.known(question).asked_in = run_; }
  [[nodiscard]] bool has(const dns::Question& question) { return find(question) != nullptr; }

 private:
  World& world_;
  const int run_;
};

// The ways in which a driver may treat needed and wanted questions.
enum class Order : std::uint8_t {
  all_at_once,    // all needed questions, and up to kMaxWanted wanted ones
  every_second,   // the same, but only every second one of the wanted
  one_at_a_time,  // the last needed one, and nothing else
};

struct Run {
  Run(World& world, receiver::Workspace& memory) : workspace(memory), known(world) {}

  receiver::Workspace& workspace;  // with the reply
  Asked known;
  int rounds = 0;
  int questions = 0;
};

void check_needs(const spf::Needs& needs, Asked& known, spf::Prefetch prefetch) {
  static std::vector<const dns::Question*> all;
  all.clear();
  for (const auto* list : {&needs.needed, &needs.wanted}) {
    for (const auto& question : *list) {
      fuzz::check(!known.has(question), "known answers are not asked for");
      for (const auto* earlier : all) fuzz::check(question != *earlier, "each question is listed once");
      all.push_back(&question);
    }
  }
  for (const auto& question : needs.wanted) {
    fuzz::check(prefetch != spf::Prefetch::off, "nothing is asked ahead if that is switched off");
    fuzz::check(prefetch == spf::Prefetch::all || question.type == dns::Type::txt, "only records are asked ahead");
    fuzz::check(question.type != dns::Type::ptr, "PTR is never asked before its turn");
  }
}

void run(World& world, spf::Prefetch prefetch, Order order, Run& out) {
  world.set_prefetch(prefetch);
  Asked& known = out.known;
  int wanted = 0;
  const int evaluations = world.evaluations();
  const auto ask = [&](const dns::Question& question) {
    known.ask(question);
    ++out.questions;
  };
  for (;;) {
    const spf::Needs needs = receiver::decide(world.request(), world.policy(), known, out.workspace);
    if (needs.empty()) {
      fuzz::check(needs.wanted.empty(), "nothing is wanted after the reply");
      return;
    }
    check_needs(needs, known, prefetch);
    ++out.rounds;
    if (order == Order::one_at_a_time) {
      ask(needs.needed.back());
    } else {
      for (const auto& question : needs.needed) ask(question);
      bool skip = false;
      for (const auto& question : needs.wanted) {
        if (order == Order::every_second && (skip = !skip)) continue;
        if (wanted++ < kMaxWanted) ask(question);
      }
      fuzz::check(out.rounds <= kMaxRounds * evaluations, "a check ends within a bounded number of rounds");
    }
    fuzz::check(out.questions <= kMaxRequests * evaluations, "a check has a bounded number of questions");
  }
}

// Checks the verdict of evaluator and rules, before the receiver writes texts from it.
void check_verdict(const spf::Verdict& verdict) {
  static const spf::Verdict unchecked;
  if (verdict == unchecked) return;  // MAIL FROM was not evaluated
  fuzz::check(fuzz::is_printable(verdict.authority_explanation), "the domain's explanation is printable");
  fuzz::check(fuzz::is_printable(verdict.default_explanation), "the receiver's explanation is printable");
  fuzz::check(verdict.authority_explanation.empty() || verdict.default_explanation.empty(), "there is one explanation");
  fuzz::check(verdict.authority_explanation.size() <= spf::kMaxExplanation, "an explanation has a bounded length");
  fuzz::check(verdict.result != spf::Result::temperror || verdict.ttl == 0, "a temperror does not last");
  const bool wants_problem =
      verdict.result == spf::Result::none || verdict.result == spf::Result::temperror || verdict.result == spf::Result::permerror;
  fuzz::check(!wants_problem || !verdict.problem.empty(), "none and errors have a cause");
}

// Explains the reply, with all answers that this needs. The text is bounded and printable, and quotes all text that others chose.
void check_explanation(World& world, Run& checked) {
  constexpr int kMostRounds = 100;
  constexpr int kMostQuestions = 400;
  constexpr std::size_t kMostText = 40'000;  // bytes
  receiver::Explanation explanation;
  int questions = 0;
  for (int rounds = 0;; ++rounds) {
    const spf::Needs needs = explanation.run(world.policy(), checked.known, checked.workspace);
    if (needs.empty()) break;
    check_needs(needs, checked.known, spf::Prefetch::all);
    for (const auto& question : needs.needed) checked.known.ask(question);
    questions += static_cast<int>(needs.needed.size());
    fuzz::check(rounds <= kMostRounds, "an explanation ends within a bounded number of rounds");
    fuzz::check(questions <= kMostQuestions, "an explanation has a bounded number of questions");
  }
  const auto& why = checked.workspace.reply.why;
  fuzz::check(why.has_value(), "there is an explanation");
  std::size_t size = 0;
  for (const auto* texts : {&why->sentences, &why->missing}) {
    for (const std::string& text : *texts) {
      fuzz::check(fuzz::is_printable(text), "an explanation is printable");
      fuzz::check(std::count(text.begin(), text.end(), '\'') % 2 == 0, "each quote of an explanation ends");
      size += text.size();
    }
  }
  fuzz::check(size <= kMostText, "an explanation has a bounded length");
  fuzz::check(!why->change || fuzz::is_printable(why->change->record), "a change is printable");
}

// A refusal by MAIL FROM does not wait for HELO; if HELO is known first, either of them may refuse.
bool same(const receiver::Policy& policy, const receiver::Reply& a, const receiver::Reply& b) {
  const bool may_differ = policy.rules.check_helo == receiver::HeloCheck::first && a.action == receiver::Action::reject;
  return may_differ ? b.action == a.action && b.smtp_code == a.smtp_code : a == b;
}

// A workspace that was used for another decision before.
const receiver::Workspace& used_workspace() {
  static const receiver::Workspace used = [] {
    constexpr std::string_view kBefore =
        "receiver r.y\nhelo h.y\nsender s@d.y\nd.y TXT 9 v=spf1 exists:%{l}.y a:v.y -include:i.y exp=e.y\ni.y TXT 9 v=spf1 +all\n"
        "e.y TXT 9 %{s} is refused\ns.y A 9 192.0.2.9";
    World before(reinterpret_cast<const std::uint8_t*>(kBefore.data()), kBefore.size());
    receiver::Workspace workspace;
    Run first(before, workspace);
    run(before, spf::Prefetch::all, Order::all_at_once, first);
    return workspace;
  }();
  return used;
}

// FNV-1a.
std::size_t hash_of(const std::uint8_t* data, std::size_t size) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ data[i]) * 0x100000001b3U;
  return static_cast<std::size_t>(hash >> 32U);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world(data, size);
  receiver::Workspace fresh;
  Run reference(world, fresh);
  run(world, spf::Prefetch::off, Order::all_at_once, reference);
  fuzz::check_reply(fresh.reply);
  check_verdict(fresh.judgement.verdict);
  if (fuzz::is_replay() || hash_of(data, size) % 4 == 0) {
    check_explanation(world, reference);
    fresh.reply.why.reset();
  }

  // Asking one question at a time takes quadratic time.
  constexpr int kManyQuestions = 10;
  // The others are decided in used workspaces, of whose data nothing may be left. A corpus is replayed with all of them. A
  // fuzzer's input chooses one, or, in every second input, none: new paths are found without.
  constexpr std::array<std::pair<spf::Prefetch, Order>, 5> kOthers = {{{spf::Prefetch::records, Order::all_at_once},
                                                                       {spf::Prefetch::all, Order::all_at_once},
                                                                       {spf::Prefetch::all, Order::every_second},
                                                                       {spf::Prefetch::off, Order::one_at_a_time},
                                                                       {spf::Prefetch::all, Order::one_at_a_time}}};
  for (std::size_t i = 0; i < kOthers.size(); ++i) {
    if (!fuzz::is_replay() && i != hash_of(data, size) % (2 * kOthers.size())) continue;
    const auto& [prefetch, usual_order] = kOthers.at(i);
    const bool is_slow = !fuzz::is_replay() && reference.questions > kManyQuestions;
    const Order order = is_slow && usual_order == Order::one_at_a_time ? Order::every_second : usual_order;
    receiver::Workspace used = used_workspace();
    Run other(world, used);
    run(world, prefetch, order, other);
    fuzz::check(same(world.policy(), fresh.reply, used.reply), "the reply depends neither on prefetch nor on earlier decisions");
    if (order != Order::one_at_a_time) fuzz::check(other.rounds <= reference.rounds, "asking ahead takes no additional round");
  }
  return 0;
}
