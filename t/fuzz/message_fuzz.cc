// DNS messages. Input: one byte that selects the type asked, then the message. The id and name asked are those of the message, so
// that only the rest decides.
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/dns/message.h"
#include "t/fuzz/answer_checks.h"
#include "t/fuzz/target.h"

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::array kTypes = {dns::Type::txt, dns::Type::a, dns::Type::aaaa, dns::Type::mx, dns::Type::ptr};
constexpr std::size_t kHeader = 12;

// Returns the first name of the question section, up to the first label that is not plain.
dns::Name asked_name(Bytes message) {
  std::string text;
  for (std::size_t at = kHeader; at < message.size() && message[at] != 0 && message[at] <= dns::Name::kMaxLabel;) {
    const std::size_t size = std::min<std::size_t>(message[at], message.size() - at - 1);
    if (!text.empty()) text += '.';
    text.append(message.begin() + static_cast<std::ptrdiff_t>(at + 1),
                message.begin() + static_cast<std::ptrdiff_t>(at + 1 + size));
    at += 1 + size;
  }
  return dns::Name::parse(text).value_or(*dns::Name::parse("example.com"));
}

void check_response(const dns::Response& response, dns::Type type) {
  switch (response.kind) {
    case dns::Response::Kind::answer:
      fuzz::check(response.rcode == 0 || response.rcode == 3, "only RCODE 0 and 3 are answers");
      fuzz::check(response.answer.ttl <= 0x7fffffffU, "a TTL has 31 bits");
      fuzz::check_answer(response.answer, type);
      break;
    case dns::Response::Kind::truncated: break;
    case dns::Response::Kind::refused:
      fuzz::check(response.rcode != 3 || response.answer == dns::Answer{}, "a refusal has no answer");
      fuzz::check(!dns::rcode_name(response.rcode).empty(), "an RCODE has a name");
      break;
  }
}

void check_read(Bytes message, const dns::Question& question, std::uint16_t id) {
  const auto response = dns::decode_response(message, question, id);
  if (!response) return;
  check_response(*response, question.type);

  const auto other_id = dns::decode_response(message, question, static_cast<std::uint16_t>(id + 1));
  fuzz::check(!other_id && other_id.error() == dns::ReadError::not_ours, "another id is not ours");
  if (response->kind == dns::Response::Kind::refused) return;  // may lack its question
  for (const dns::Type type : kTypes) {
    if (type == question.type) continue;
    const auto other = dns::decode_response(message, {question.name, type}, id);
    fuzz::check(!other && other.error() == dns::ReadError::not_ours, "another type is not ours");
  }
}

// Our own query, turned into a response, is an answer without records.
void check_written(const dns::Question& question, std::uint16_t id, bool edns) {
  std::vector<std::uint8_t> query = dns::encode_query(question, id, edns);
  fuzz::check(query.size() <= 512, "a query fits the smallest datagram");
  const auto as_it_is = dns::decode_response(query, question, id);
  fuzz::check(!as_it_is && as_it_is.error() == dns::ReadError::not_ours, "a query is not a response");
  query[2] |= 0x80;
  const auto turned = dns::decode_response(query, question, id);
  fuzz::check(turned.ok() && turned->kind == dns::Response::Kind::answer, "a query with the response flag can be read");
  fuzz::check(turned->answer.is_void() && turned->answer.ttl == dns::kUnsaidTtl, "a query with the response flag has no records");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes message = Bytes(data, size).subspan(1);
  const dns::Question question{asked_name(message), kTypes[data[0] % kTypes.size()]};
  const auto id = static_cast<std::uint16_t>(message.size() < 2 ? 0 : message[0] << 8 | message[1]);
  check_read(message, question, id);
  check_written(question, id, (data[0] & 0x80) != 0);
  return 0;
}
