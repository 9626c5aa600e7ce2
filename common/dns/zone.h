// A zone overlay: records from a file (or one record from an option) that are used before DNS.
//
// One mechanism for per-domain overrides, tests, "what if I published this" and a demonstration without a network.
//   - Below a name with an SOA record the overlay knows everything: a name that is not there does not exist. It ends where an
//     NS record delegates a name below (RFC 1034 §4.2).
//   - Anywhere else a record overrides the records of its name and type only; all other questions go to DNS.
//   - A CNAME, or a DNAME for the names below it (RFC 6672), may lead out of the overlay: then the question goes on to DNS under
//     its new name.
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

  // Adds the records of a master file to those that are there, and returns what was skipped. At an error nothing is added.
  base::Result<ZoneNotes, ZoneError> add_file(std::string_view text);
  // Adds one TXT record.
  void add_text(const Name& name, std::string text);
  // Takes the TXT records of a name away.
  void remove_texts(const Name& name);

  [[nodiscard]] bool empty() const { return nodes_.empty(); }

  struct Unknown {          // ask DNS
    Question question;      // the question itself, or the one that a CNAME or DNAME led to
    std::uint32_t ttl = 0;  // of the CNAMEs and DNAMEs that led there
  };
  // Answers a loop of CNAMEs by a failure, and so a name that a DNAME makes too long.
  [[nodiscard]] std::variant<Answer, Unknown> find(const Question& question) const;

 private:
  struct RecordSet {
    Type type = Type::txt;
    Answer answer;
    std::vector<std::uint16_t> preferences;  // of answer.names, type mx
  };
  struct Alias {
    std::optional<Name> target;  // nothing: a name that Name cannot hold
    std::uint32_t ttl = 0;
  };
  // A name that exists: it has records, or is above one that has (RFC 4592 §2.2.2).
  struct Node {
    std::vector<RecordSet> sets;
    std::optional<Alias> alias;                 // CNAME
    std::optional<Alias> names_below;           // DNAME
    std::optional<std::uint32_t> negative_ttl;  // there is an SOA record
    bool has_servers = false;                   // there is an NS record

    [[nodiscard]] bool is_delegated() const { return has_servers && !negative_ttl; }
  };
  // What decides about a name that has no record of the type: the nearest of these at or above it.
  struct Cover {
    const Node* apex = nullptr;      // null: a delegation, or nothing: DNS knows more
    const Alias* renames = nullptr;  // a DNAME above the name
    Name renamed;                    // the DNAME's owner
  };

  Node& node(const Name& name);
  // Says what is wrong, if anything.
  static std::optional<std::string> add(Node& node, const ZoneRecord& record);
  static std::optional<std::string> add_alias(std::optional<Alias>& alias, std::string_view type, const ZoneRecord& record);
  static std::optional<std::string> add_to_set(Node& node, Type type, const ZoneRecord& record);
  [[nodiscard]] const Node* find_node(const Name& name) const;
  [[nodiscard]] const Node* find_wildcard(Name name) const;
  [[nodiscard]] Cover cover_of(const Name& name) const;

  std::unordered_map<Name, Node> nodes_;
};

}  // namespace dns
