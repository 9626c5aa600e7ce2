// DNS questions, and answers with texts, for the tests of this folder.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/dns/answer.h"

namespace support {

inline dns::Question question(const std::string& name, dns::Type type = dns::Type::txt) {
  return {*dns::Name::parse(name), type};
}

inline dns::Answer texts(std::vector<std::string> of, std::uint32_t ttl = 300) {
  dns::Answer answer;
  answer.ttl = ttl;
  answer.texts = std::move(of);
  return answer;
}

}  // namespace support
