// The milter codec. Input: two numbers that cut the rest into chunks (and select options and the decision), then the bytes of an
// MTA.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/milter.h"
#include "common/receiver/receiver.h"
#include "t/fuzz/one_answer.h"
#include "t/fuzz/reply_checks.h"
#include "t/fuzz/target.h"
#include "t/support/requests.h"

namespace {

constexpr std::size_t kMaxItems = 200;

// Checks the packets of a milter with a separate reader.
void check_answer(std::string_view bytes, const protocol::Request& item) {
  std::size_t verdicts = 0;
  while (!bytes.empty()) {
    fuzz::check(bytes.size() >= 5, "an answer consists of whole packets");
    std::size_t length = 0;
    for (const char c : bytes.substr(0, 4)) length = length << 8U | static_cast<unsigned char>(c);
    fuzz::check(length >= 1 && length <= bytes.size() - 4, "the length of a packet matches");
    const char command = bytes[4];
    std::string_view data = bytes.substr(5, length - 1);
    bytes.remove_prefix(4 + length);
    switch (command) {
      case 'O': fuzz::check(data.size() == 12, "a negotiation is three numbers"); break;
      case 'c': fuzz::check(data.empty(), "a reply to continue has no text"); break;
      case 'y': {
        fuzz::check(data.ends_with('\0'), "a reply ends in NUL");
        data.remove_suffix(1);
        fuzz::check(data.starts_with("550 5.7.23 ") || data.starts_with("451 4.7.24 ") || data.starts_with("550 5.7.1 Too many "),
                    "a reply has code and enhanced code");
        fuzz::check(fuzz::is_printable(data) && data.size() <= 900, "a reply is one printable line that SMTP can carry");
        for (std::size_t i = 0; i < data.size(); ++i) {
          if (data[i] == '%') fuzz::check(++i < data.size() && data[i] == '%', "every % is doubled");
        }
        break;
      }
      case 'i':
      case 'm': {
        fuzz::check(data.size() > 6 && data.ends_with('\0'), "a header has number, name and value");
        const std::string_view text = data.substr(4, data.size() - 5);
        const auto nul = text.find('\0');
        fuzz::check(nul != std::string_view::npos && nul > 0, "a header has a name");
        fuzz::check(fuzz::is_printable(text.substr(0, nul)) && fuzz::is_printable(text.substr(nul + 1)), "a header is one line");
        fuzz::check((command == 'm') == (text.size() == nul + 1), "headers are only changed to nothing");
        fuzz::check(command == 'i' ? data.starts_with(std::string_view("\0\0\0\0", 4))
                                   : !data.starts_with(std::string_view("\0\0\0\0", 4)),
                    "our header is on top, others count from 1");
        fuzz::check(verdicts == 0, "changes come before the verdict");
        break;
      }
      default: fuzz::check(false, "an answer is one of the known ones");
    }
    if (command == 'O' || command == 'c' || command == 'y') ++verdicts;
  }
  fuzz::check(verdicts <= 1, "an item has one answer");
  if (support::is_check(item))
    fuzz::check(verdicts == (item.closes ? 0U : 1U), "checks are answered, packets out of order are not");
}

struct Run {
  std::vector<protocol::Request> items;
  std::string answers;
};

// Serves in the way of a session: with the same item each time, and each answer before the next one.
Run serve(std::string_view bytes, std::size_t first_chunk, std::size_t chunk, std::size_t choice) {
  static const receiver::Policy policy = [] {
    receiver::Policy one;
    one.hostname = "mx.example.org";
    return one;
  }();
  protocol::DoorOptions options;
  options.hostname = "mx.example.org";
  options.milter_remove_forged = (choice & 4U) != 0;
  options.milter_at_recipient = (choice & 16U) != 0;
  if ((choice & 8U) != 0) options.header = protocol::DoorOptions::Header::authentication_results;
  static const std::string kRecord = "v=spf1 mx ~all";
  static std::array<fuzz::OneAnswer, 4> known = {{{0, kRecord, "timed out 100%"},
                                                  {1, kRecord, "timed out 100%"},
                                                  {2, kRecord, "timed out 100%"},
                                                  {3, kRecord, "timed out 100%"}}};
  protocol::MilterCodec codec;
  receiver::Workspace workspace;
  Run run;
  protocol::Request item;
  const auto take_all = [&] {
    while (run.items.size() < kMaxItems && codec.next({options, 0}, item)) {
      fuzz::check(item.door == protocol::Door::milter, "the door is the milter's");
      fuzz::check(support::is_check(item) || support::is_ready(item, protocol::Ready::Kind::packet), "anything else is a packet");
      std::string answer;
      if (!support::is_check(item)) {
        answer = support::ready_of(item).answer;
      } else {
        const protocol::CheckRequest& check = support::check_of(item);
        if (!check.error.empty()) {
          workspace.reply = receiver::bad_request(policy, check.error);
        } else {
          const spf::Needs needs = receiver::decide(check.request, policy, known.at(choice % known.size()), workspace);
          fuzz::check(needs.empty(), "a check with all answers needs none");
        }
        codec.encode(check, workspace.reply, options, answer);
      }
      check_answer(answer, item);
      run.answers += answer;
      run.items.push_back(item);
      fuzz::check(!codec.is_broken() || item.closes, "an unreadable stream is closed");
    }
  };
  for (std::size_t size = first_chunk; !bytes.empty() && run.items.size() < kMaxItems; size = chunk) {
    codec.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    take_all();
  }
  codec.finish();
  take_all();
  return run;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cutter input(data, size);
  const std::size_t choice = input.byte();
  const std::size_t chunk = input.byte();
  const std::string_view bytes = input.rest();
  const Run whole = serve(bytes, bytes.size(), 1, choice);
  const Run chunks = serve(bytes, choice + 1, chunk + 1, choice);
  if (whole.items.size() == kMaxItems) return 0;
  fuzz::check(whole.items.size() == chunks.items.size(), "the sizes of the pieces do not change the items");
  fuzz::check(whole.answers == chunks.answers, "the sizes of the pieces do not matter");
  for (std::size_t i = 0; i < whole.items.size(); ++i) {
    fuzz::check(whole.items[i] == chunks.items[i], "the sizes of the pieces do not change an item");
  }
  return 0;
}
