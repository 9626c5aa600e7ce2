// A zone overlay: records from a file (or one record from an option) that are used before DNS.
//
// One mechanism for per-domain overrides, tests, "what if I published this" and a demonstration without a network.
//   - Below a name with an SOA record the overlay knows everything: a name that is not there does not exist.
//   - Anywhere else a record overrides the records of its name and type only; all other questions go to DNS.
//   - A CNAME may lead out of the overlay: then the question goes on to DNS under its new name.
//   - "*.name" stands for names below `name` that are not there themselves (RFC 4592).
// Syntax: see zone_parser.h. Pure: the caller reads the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/dns/zone_parser.h"

namespace dns {

class Zone {
 public:
  // Of one name and type; no answer over DNS could hold many more.
  static constexpr std::size_t kMaxRecords = 1000;

  // Adds the records of a master file to those that are there. At an error nothing is added.
  base::Result<std::monostate, ZoneError> add_file(std::string_view text);
  // Adds one TXT record.
  void add_text(const Name& name, std::string text);
  // Takes the TXT records of a name away.
  void remove_texts(const Name& name);

  [[nodiscard]] bool empty() const { return nodes_.empty(); }

  struct Unknown {      // ask DNS
    Question question;  // the question itself, or the one that a CNAME led to
  };
  // A loop of CNAMEs is answered by a failure.
  [[nodiscard]] std::variant<Answer, Unknown> find(const Question& question) const;

 private:
  struct RecordSet {
    Type type = Type::txt;
    Answer answer;
    std::vector<std::uint16_t> preferences;  // of answer.names, type mx
  };
  struct Alias {
    Name target;
    std::uint32_t ttl = 0;
  };
  // A name that exists: it has records, or stands above one that has (RFC 4592 §2.2.2).
  struct Node {
    std::vector<RecordSet> sets;
    std::optional<Alias> alias;                 // CNAME
    std::optional<std::uint32_t> negative_ttl;  // there is an SOA record
  };

  Node& node(const Name& name);
  // Says what is wrong, if anything.
  static std::optional<std::string> add(Node& node, const ZoneRecord& record);
  static std::optional<std::string> add_to_set(Node& node, Type type, const ZoneRecord& record);
  [[nodiscard]] const Node* find_node(const Name& name) const;
  [[nodiscard]] const Node* find_apex(Name name) const;

  std::unordered_map<Name, Node> nodes_;
};

}  // namespace dns
