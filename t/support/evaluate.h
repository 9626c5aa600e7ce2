// Evaluates SPF over a table of answers in memory, with the simplest possible driver.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/answer.h"
#include "common/spf/evaluate.h"
#include "t/support/show.h"

namespace support {

// The answers of a name server. A name without records does not exist; a name with records has an empty answer for other types.
class World {
 public:
  World& txt(std::string_view name, std::string text);
  World& a(std::string_view name, std::string_view address);  // A or AAAA, depending on the address
  World& mx(std::string_view name, std::string host);
  // A TXT record of several character-strings.
  World& strings(std::string_view name, const std::vector<std::string>& parts);
  World& ptr(std::string_view client, std::string name);
  World& failure(std::string_view name, dns::Type type, std::string problem = "SERVFAIL");

  [[nodiscard]] dns::Answer answer(const dns::Question& question) const;

  // Returns the answer for changes; it is made if there is none.
  dns::Answer& at(std::string_view name, dns::Type type);

 private:
  std::map<std::string, std::map<dns::Type, dns::Answer>, std::less<>> names_;
};

// The verdict of a check and its questions, round by round.
struct Run {
  spf::Verdict verdict;
  std::vector<std::vector<dns::Question>> rounds;

  [[nodiscard]] std::size_t questions() const;
};

// Asks in each round all needed and all wanted questions.
Run run(const spf::Query& query, const std::function<dns::Answer(const dns::Question&)>& ask, const spf::Settings& settings = {});
Run run(const spf::Query& query, const World& world, const spf::Settings& settings = {});

}  // namespace support
