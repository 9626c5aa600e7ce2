// A zone overlay: records from a file (or one record from an option) that take precedence over DNS.
//
// It serves per-domain overrides, tests, "what if I published this" and a demonstration without a network.
//   - At and below a name with an SOA record the overlay is authoritative: a name that it does not have does not exist. The
//     authority ends where an NS record delegates a name below (RFC 1034 §4.2).
//   - Elsewhere a record overrides only the records of its name and type; all other questions go to DNS.
//   - A CNAME, or a DNAME for the names below it (RFC 6672), may lead out of the overlay: then the question goes to DNS with its
//     new name.
//   - "*.name" covers the names below `name` that do not exist themselves (RFC 4592).
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
  // Maximum number of records per name and type.
  static constexpr std::size_t kMaxRecords = 1000;

  // Adds the records of a master file and returns notes on those that were skipped. After an error nothing is added.
  base::Result<ZoneNotes, ZoneError> add_file(std::string_view text);
  // Adds one TXT record.
  void add_text(const Name& name, std::string text);
  // Removes the TXT records of a name.
  void remove_texts(const Name& name);

  [[nodiscard]] bool empty() const { return nodes_.empty(); }

  struct Unknown {            // ask DNS
    Question question;        // the original question, or the one to which a CNAME or DNAME led
    std::uint32_t ttl = 0;    // lowest TTL, in seconds, of these CNAMEs and DNAMEs
    std::uint8_t cnames = 0;  // their number
  };
  // Returns the answer, or the question for DNS. A CNAME loop is a failure, as is a name that a DNAME makes too long.
  [[nodiscard]] std::variant<Answer, Unknown> find(const Question& question) const;

 private:
  struct RecordSet {
    Type type = Type::txt;
    Answer answer;
    std::vector<std::uint16_t> preferences;  // type mx: preferences of answer.names
  };
  struct Alias {
    std::optional<Name> target;  // empty for a name that Name cannot hold
    std::uint32_t ttl = 0;
  };
  // A name that exists: it, or a name below it, has records (RFC 4592 §2.2.2).
  struct Node {
    std::vector<RecordSet> sets;
    std::optional<Alias> alias;                 // CNAME
    std::optional<Alias> names_below;           // DNAME
    std::optional<std::uint32_t> negative_ttl;  // in seconds; set if there is an SOA record
    bool has_servers = false;                   // whether there is an NS record

    [[nodiscard]] bool is_delegated() const { return has_servers && !negative_ttl; }
  };
  // The node that decides about a name without a record of the type asked: the nearest of these kinds at or above the name.
  struct Cover {
    const Node* apex = nullptr;      // has the SOA record; null if there is none or a delegation is nearer: ask DNS
    const Alias* renames = nullptr;  // a DNAME above the name
    Name renamed;                    // the DNAME's owner
  };

  Node& node(const Name& name);
  // Returns what is wrong with the record, if anything.
  static std::optional<std::string> add(Node& node, const ZoneRecord& record);
  static std::optional<std::string> add_alias(std::optional<Alias>& alias, std::string_view type, const ZoneRecord& record);
  static std::optional<std::string> add_to_set(Node& node, Type type, const ZoneRecord& record);
  [[nodiscard]] const Node* find_node(const Name& name) const;
  [[nodiscard]] const Node* find_wildcard(Name name) const;
  [[nodiscard]] Cover cover_of(const Name& name) const;

  std::unordered_map<Name, Node> nodes_;
};

}  // namespace dns
