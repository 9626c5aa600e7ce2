// The official test suites of SPF (openspf's YAML): their tests, and their zone data as a recursive resolver would answer it.
//
// Names are raw text split at "." (no escapes of master files). Names that dns::Name cannot hold are kept, but cannot be asked
// for, and become "?" as the host of an MX or PTR record. A name without data does not exist. A bare TIMEOUT makes all types time
// out for which the name has no data. An SPF entry is served as TXT unless the name has a TXT entry.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/dns/answer.h"

namespace support {

class ZoneData {
 public:
  static constexpr std::uint32_t kTtl = 300;

  // Adds one entry of a name: {TYPE: value}, including the value "TIMEOUT" and {TXT: NONE}. The value of MX is "preference host".
  // Throws std::runtime_error if the type or the value is invalid.
  void add(const std::string& name, const std::string& type, const std::string& value);
  // Adds a bare TIMEOUT.
  void add_timeout(const std::string& name);

  struct Resolved {
    dns::Answer answer;
    std::vector<std::string> cnames;  // targets of the CNAMEs on the way, in order
  };
  [[nodiscard]] Resolved resolve(const dns::Question& question) const;
  // A timeout becomes the failure "timed out", a CNAME loop the failure "SERVFAIL".
  [[nodiscard]] dns::Answer answer(const dns::Question& question) const { return resolve(question).answer; }

 private:
  struct Node {
    std::vector<base::IpAddress> a, aaaa;
    std::vector<std::pair<unsigned long, std::string>> mx;
    std::vector<std::string> ptr, txt, spf;
    std::optional<std::string> cname;
    std::set<std::string> timeouts;  // types
    bool has_txt_entry = false;
    bool others_time_out = false;
  };
  static dns::Answer answer_of(const Node& node, dns::Type type);

  std::map<std::string, Node> nodes_;
};

struct SuiteTest {
  std::string id, description, spec;
  std::string helo, host, mailfrom;
  std::vector<std::string> results;  // any of them passes; the first one is preferred
  std::optional<std::string> explanation;
};

struct Scenario {
  std::string description;
  std::vector<SuiteTest> tests;
  ZoneData zone;
};

// Throw std::runtime_error (or one of yaml-cpp, derived from it) if the file does not exist or is not a suite.
std::vector<Scenario> read_suite(const std::string& path);
std::vector<Scenario> parse_suite(const std::string& yaml);

}  // namespace support
