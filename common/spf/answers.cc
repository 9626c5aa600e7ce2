#include "common/spf/answers.h"

#include <utility>

namespace spf {

KnownAnswer::KnownAnswer(dns::Answer from) : answer(std::move(from)), record(select_record(answer.texts)) {}

}  // namespace spf
