// Query lines and Postfix's policy requests, and their answers. Input: two numbers that cut the rest into chunks (and select the
// DNS answers), then the bytes of a client.
#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/protocol/line_codec.h"
#include "common/protocol/query_lines.h"
#include "common/protocol/request_reader.h"
#include "common/receiver/default_explanation.h"
#include "common/receiver/receiver.h"
#include "t/fuzz/one_answer.h"
#include "t/fuzz/reply_checks.h"
#include "t/fuzz/target.h"
#include "t/support/requests.h"

namespace {

// Some requests teach a fuzzer as much as many.
std::size_t max_requests() { return fuzz::is_replay() ? 64 : 16; }

// Calls `use` with each request and returns their number.
template <class Use>
std::size_t read(std::string_view bytes, std::size_t first_chunk, std::size_t chunk, Use&& use) {
  std::size_t count = 0;
  protocol::LineCodec codec;
  const protocol::DoorOptions options;
  // The same object for all requests, as in a connection.
  protocol::Request request;
  const auto take_all = [&] {
    while (codec.next({options, 0}, request)) {
      fuzz::check(
          !codec.is_broken() || (request.closes && support::is_check(request) && !support::check_of(request).error.empty()),
          "who is sent away is told why");
      use(count++, request);
    }
  };
  for (std::size_t size = first_chunk; !bytes.empty() && count < max_requests(); size = chunk) {
    codec.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    take_all();
  }
  codec.finish();
  take_all();
  fuzz::check(count > 0, "a client is never left without an answer");
  fuzz::check(codec.is_broken() || !codec.has_partial(), "at the end nothing is left");
  return count;
}

// Checks for RFC 8259, as far as one object of strings and numbers needs it.
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
                  "between strings are numbers and separators");
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
    fuzz::check(equals != std::string_view::npos && equals != 0, "an answer line is key=value, and only the last line is empty");
    fuzz::check(text.size() <= protocol::kMaxAnswerValue + equals + 1, "an answer line has a bounded length");
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

// Checks an answer to Postfix.
void check_action(std::string_view answer, const protocol::CheckRequest& request) {
  fuzz::check(answer.ends_with("\n\n"), "an action ends in an empty line");
  answer.remove_suffix(2);
  fuzz::check(fuzz::is_printable(answer), "an action is one printable line");
  fuzz::check(answer.size() <= receiver::kMaxHeader + 20, "an action has a bounded length");
  constexpr std::string_view kActions[] = {"action=DUNNO", "action=550 5.7.23 ", "action=451 4.7.24 ",
                                           "action=DEFER_IF_PERMIT 4.7.24 ", "action=PREPEND Received-SPF: "};
  fuzz::check(std::any_of(std::begin(kActions), std::end(kActions), [&](auto known) { return answer.starts_with(known); }),
              "an action is one of the known ones, and not OK");
  if (!request.error.empty()) {
    fuzz::check(answer.starts_with("action=451 ") || answer.starts_with("action=DEFER_IF_PERMIT "),
                "an unchecked request is deferred");
    return;
  }
  if (!request.request.client || request.request.is_from_this_host() || request.request.is_authenticated)
    fuzz::check(answer == "action=DUNNO", "nothing is done about our own mail");
}

// Checks the answer to one request; `choice` selects the reply.
struct AnswerCheck {
  protocol::LineCodec& codec;
  receiver::Workspace& workspace;
  std::size_t choice;

  void operator()(const protocol::Ready& ready) const {
    if (ready.kind == protocol::Ready::Kind::request) return fuzz::check(ready.answer == "action=DUNNO\n\n", "Postfix continues");
    if (ready.answer.starts_with('{')) return check_json(ready.answer);
    fuzz::check(ready.answer.starts_with("pong=1\n") && ready.answer.ends_with("\n\n"), "a ping is answered");
  }
  void operator()(const protocol::HealthRequest& request) const {
    const auto dns = static_cast<protocol::Health::Dns>(choice % 3);
    std::string health;
    protocol::append_health({.is_draining = choice % 2 == 0, .dns = dns, .connections = 1}, request.format, request.id, health);
    if (request.format == protocol::Format::json) return check_json(health);
    fuzz::check(health.starts_with("health=") && health.ends_with("\n\n"), "a request for health is answered");
  }
  void operator()(const protocol::RewritingRequest& /*request*/) const { fuzz::check(false, "nothing is rewritten here"); }
  void operator()(const protocol::ControlRequest& /*request*/) const { fuzz::check(false, "nothing is commanded here"); }
  void operator()(const protocol::CheckRequest& request) const {
    static const receiver::Policy policy = policy_here();
    receiver::Reply& reply = workspace.reply;
    if (request.error.empty()) {
      static const std::string kRecord = "v=spf1 a:%{s}.x mx ptr exists:%{h}.%{p}.x ~all";
      static std::array<fuzz::OneAnswer, 4> answers = {
          {{0, kRecord, "timed out"}, {1, kRecord, "timed out"}, {2, kRecord, "timed out"}, {3, kRecord, "timed out"}}};
      const spf::Needs needs = receiver::decide(request.request, policy, answers.at(choice % answers.size()), workspace);
      fuzz::check(needs.empty(), "a check with all answers needs none");
    } else {
      reply = receiver::bad_request(policy, request.error);
      fuzz::check(!reply.error.empty(), "a bad request gets its error");
    }
    fuzz::check_reply(reply);
    protocol::DoorOptions options;
    options.legacy_results = options.policy_defer_if_permit = (choice & 0x10U) != 0;
    std::string answer;
    codec.encode(request, reply, options, answer);
    const auto* format = std::get_if<protocol::Format>(&request.form);
    if (format == nullptr) return check_action(answer, request);
    if (*format == protocol::Format::json) return check_json(answer);
    check_lines(answer);
  }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cutter input(data, size);
  const std::size_t choice = input.byte();
  const std::size_t chunk = input.byte();
  const std::string_view bytes = input.rest();
  // The requests keep their memory from one input to the next.
  static std::vector<protocol::Request> whole;
  const std::size_t count = read(bytes, bytes.size(), 1, [](std::size_t i, const protocol::Request& request) {
    if (i == whole.size()) whole.emplace_back();
    whole[i] = request;
  });
  // Long inputs come in fewer pieces, so that a run stays short.
  constexpr std::size_t kMaxPieces = 512;
  const std::size_t piece = std::max(chunk + 1, bytes.size() / kMaxPieces);
  // The bound on requests may have cut the input within one of them.
  const std::size_t in_pieces = read(bytes, choice + 1, piece, [&](std::size_t i, const protocol::Request& request) {
    if (i < std::min(count, max_requests())) fuzz::check(whole[i] == request, "the sizes of the pieces do not matter");
  });
  if (count < max_requests()) fuzz::check(count == in_pieces, "the sizes of the pieces do not change the requests");
  protocol::LineCodec codec;
  receiver::Workspace workspace;  // the same for all, as in a worker
  for (std::size_t i = 0; i < count; ++i) std::visit(AnswerCheck{codec, workspace, choice}, whole[i].what);
  return 0;
}
