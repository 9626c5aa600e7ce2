#include "common/dns/answer.h"

#include <utility>

#include "common/base/text.h"

namespace dns {

std::string_view type_name(Type type) {
  switch (type) {
    case Type::a: return "A";
    case Type::ns: return "NS";
    case Type::ptr: return "PTR";
    case Type::mx: return "MX";
    case Type::txt: return "TXT";
    case Type::aaaa: return "AAAA";
    case Type::spf: return "SPF";
  }
  return "?";
}

void JoinedText::add(std::string_view part) {
  // An empty string does not add a border.
  if (!text.empty() && (borders.empty() || borders.back() != text.size()))
    borders.push_back(static_cast<std::uint16_t>(text.size()));
  text += part;
}

void Answer::add_text(JoinedText&& joined) {
  if (!joined.borders.empty() && base::starts_with_ignoring_case(joined.text, "v=spf1")) {
    for (const std::uint16_t at : joined.borders) {
      if (at < joined.text.size()) borders.make().push_back({static_cast<std::uint16_t>(texts.size()), at});
    }
  }
  texts.push_back(std::move(joined.text));
}

Answer failure_answer(std::string problem, Cause cause) {
  Answer answer;
  answer.status = Status::failure;
  answer.problem = std::move(problem);
  answer.cause = cause;
  return answer;
}

Answer alias_answer(const Name& target, std::uint32_t ttl, std::uint8_t cnames) {
  Answer answer;
  answer.status = Status::alias;
  answer.cnames = cnames;
  answer.ttl = ttl;
  answer.names.emplace_back(target.text());
  return answer;
}

}  // namespace dns
