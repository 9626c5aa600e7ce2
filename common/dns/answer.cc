#include "common/dns/answer.h"

#include <utility>

namespace dns {

std::string_view type_name(Type type) {
  switch (type) {
    case Type::a: return "A";
    case Type::ptr: return "PTR";
    case Type::mx: return "MX";
    case Type::txt: return "TXT";
    case Type::aaaa: return "AAAA";
  }
  return "?";
}

Answer failure_answer(std::string problem, Cause cause) {
  Answer answer;
  answer.status = Status::failure;
  answer.problem = std::move(problem);
  answer.cause = cause;
  return answer;
}

Answer alias_answer(const Name& target, std::uint32_t ttl) {
  Answer answer;
  answer.status = Status::alias;
  answer.ttl = ttl;
  answer.names.emplace_back(target.text());
  return answer;
}

}  // namespace dns
