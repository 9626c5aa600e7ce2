// Query lines and Postfix's policy questions, and their answers. Input: two numbers that cut the rest into chunks (and select
// what DNS says), then what a client sends.
#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/line_codec.h"
#include "common/protocol/question_lines.h"
#include "common/protocol/question_reader.h"
#include "common/receiver/receiver.h"
#include "t/fuzz/one_answer.h"
#include "t/fuzz/reply_checks.h"
#include "t/fuzz/target.h"
#include "t/support/known_answers.h"
#include "t/support/single.h"

namespace {

constexpr std::size_t kMaxQuestions = 64;

std::vector<protocol::Item> read(std::string_view bytes, std::size_t first_chunk, std::size_t chunk) {
  std::vector<protocol::Item> items;
  protocol::LineCodec codec;
  const protocol::DoorOptions options;
  // As a session does, the same item for all questions.
  protocol::Item item;
  const auto take_all = [&] {
    while (codec.next({options, 0}, item)) {
      fuzz::check(!codec.is_broken() || (item.closes && !item.error.empty()), "who is sent away is told why");
      items.push_back(item);
    }
  };
  for (std::size_t size = first_chunk; !bytes.empty() && items.size() < kMaxQuestions; size = chunk) {
    codec.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    take_all();
  }
  codec.finish();
  take_all();
  fuzz::check(!items.empty(), "a client is never left without an answer");
  fuzz::check(codec.is_broken() || !codec.has_partial(), "at the end nothing is left");
  return items;
}

bool same_request(const receiver::Request& a, const receiver::Request& b) {
  return a.client == b.client && a.helo == b.helo && a.sender == b.sender && a.scope == b.scope && a.receiver == b.receiver &&
         a.recipient == b.recipient && a.is_authenticated == b.is_authenticated;
}

bool same(const protocol::Item& a, const protocol::Item& b) {
  return same_request(a.request, b.request) && a.kind == b.kind && a.door == b.door && a.closes == b.closes &&
         a.context == b.context && a.id == b.id && a.timeout == b.timeout && a.error == b.error && a.bytes == b.bytes;
}

// RFC 8259, as far as one object of strings and numbers needs it.
void check_json(std::string_view answer) {
  fuzz::check(answer.starts_with("{\"") && answer.ends_with("}\n"), "a JSON answer is one object on a line");
  answer.remove_suffix(1);
  fuzz::check(fuzz::is_printable(answer), "a JSON answer is printable");
  bool in_string = false;
  for (std::size_t i = 1; i + 1 < answer.size(); ++i) {
    if (in_string && answer[i] == '\\') {
      ++i;
      fuzz::check(answer[i] == '"' || answer[i] == '\\', "only quote and backslash are escaped");
    } else if (answer[i] == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      fuzz::check(base::is_digit(answer[i]) || answer[i] == ':' || answer[i] == ',' || answer[i] == ' ',
                  "between strings stand numbers and separators");
    }
  }
  fuzz::check(!in_string, "the strings of a JSON answer are closed");
}

void check_lines(std::string_view answer) {
  fuzz::check(answer.ends_with("\n\n"), "an answer ends in an empty line");
  answer.remove_suffix(1);
  for (std::size_t line = 0; !answer.empty(); ++line) {
    const std::string_view text = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(text.size() + 1);
    fuzz::check(fuzz::is_printable(text), "an answer line is printable");
    const auto equals = text.find('=');
    fuzz::check(equals != std::string_view::npos && equals != 0, "an answer line is key=value, and none but the last is empty");
    fuzz::check(text.size() <= protocol::kMaxAnswerValue + equals + 1, "an answer line is bounded");
    const std::string_view key = text.substr(0, equals);
    constexpr std::string_view kFirst[] = {"result", "smtp_comment", "header_comment"};
    if (line < 3) {
      fuzz::check(key == kFirst[line], "an answer begins with result and the two comments");
      fuzz::check(text.find('"') == std::string_view::npos, "the first three values hold no quote");
    }
  }
}

receiver::Policy policy_here() {
  receiver::Policy policy;
  policy.hostname = "mx.example.org";
  policy.spf.default_explanation = spf::MacroString::parse(receiver::kDefaultExplanation, spf::MacroContext::explanation).value();
  return policy;
}

// An answer to Postfix.
void check_action(std::string_view answer, const protocol::Item& item) {
  fuzz::check(answer.ends_with("\n\n"), "an action ends in an empty line");
  answer.remove_suffix(2);
  fuzz::check(fuzz::is_printable(answer), "an action is one printable line");
  fuzz::check(answer.size() <= receiver::kMaxHeader + 20, "an action is bounded");
  constexpr std::string_view kActions[] = {"action=DUNNO", "action=550 5.7.23 ", "action=451 4.7.24 ",
                                           "action=DEFER_IF_PERMIT 4.7.24 ", "action=PREPEND Received-SPF: "};
  fuzz::check(std::any_of(std::begin(kActions), std::end(kActions), [&](auto known) { return answer.starts_with(known); }),
              "an action is one of ours, and not OK");
  if (!item.error.empty()) {
    fuzz::check(answer.starts_with("action=451 ") || answer.starts_with("action=DEFER_IF_PERMIT "), "what is not checked waits");
    return;
  }
  if (!item.request.client || item.request.is_from_this_host() || item.request.is_authenticated)
    fuzz::check(answer == "action=DUNNO", "nothing is done about our own mail");
}

void check_answer(protocol::LineCodec& codec, const protocol::Item& item, std::size_t choice) {
  static const receiver::Policy policy = policy_here();
  const bool is_json = item.context == static_cast<std::uint64_t>(protocol::Format::json);
  if (item.kind == protocol::Item::Kind::ready) return fuzz::check(item.bytes == "action=DUNNO\n\n", "Postfix goes on");
  if (item.kind == protocol::Item::Kind::ping) {
    if (is_json) return check_json(item.bytes);
    fuzz::check(item.bytes.starts_with("pong=1\n") && item.bytes.ends_with("\n\n"), "a ping is answered");
    return;
  }
  if (item.kind == protocol::Item::Kind::health) {
    std::string health;
    codec.encode_health(item, {.is_draining = choice % 2 == 0, .has_dns = choice % 3 == 0, .connections = 1}, health);
    if (is_json) return check_json(health);
    fuzz::check(health.starts_with("health=") && health.ends_with("\n\n"), "a question for health is answered");
    return;
  }
  receiver::Reply reply;
  if (item.error.empty()) {
    static const std::string kRecord = "v=spf1 a:%{s}.x mx ptr exists:%{h}.%{p}.x ~all";
    static std::array<fuzz::OneAnswer, 4> answers = {
        {{0, kRecord, "timed out"}, {1, kRecord, "timed out"}, {2, kRecord, "timed out"}, {3, kRecord, "timed out"}}};
    auto outcome = support::decide(item.request, policy, answers.at(choice % answers.size()));
    fuzz::check(outcome.reply.has_value(), "what knows all answers needs none");
    reply = std::move(*outcome.reply);
  } else {
    reply = receiver::bad_request(policy, item.error);
    fuzz::check(!reply.error.empty(), "a bad request is told what is wrong");
  }
  fuzz::check_reply(reply);
  protocol::DoorOptions options;
  options.legacy_results = options.policy_defer_if_permit = (choice & 0x10U) != 0;
  std::string answer;
  codec.encode(item, reply, options, answer);
  if (item.door == protocol::Door::policy) return check_action(answer, item);
  if (is_json) return check_json(answer);
  check_lines(answer);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cutter input(data, size);
  const std::size_t choice = input.byte();
  const std::size_t chunk = input.byte();
  const std::string_view bytes = input.rest();
  const auto whole = read(bytes, bytes.size(), 1);
  // Long inputs come in fewer pieces, so that a run stays short.
  constexpr std::size_t kMaxPieces = 512;
  const auto chunks = read(bytes, choice + 1, std::max(chunk + 1, bytes.size() / kMaxPieces));
  // Behind kMaxQuestions the input of one of them may have been cut.
  for (std::size_t i = 0; i < std::min({whole.size(), chunks.size(), kMaxQuestions}); ++i) {
    fuzz::check(same(whole[i], chunks[i]), "how the bytes come does not matter");
  }
  if (whole.size() < kMaxQuestions) fuzz::check(whole.size() == chunks.size(), "how the bytes come makes no question");
  protocol::LineCodec codec;
  for (const auto& item : whole) check_answer(codec, item, choice);
  return 0;
}
