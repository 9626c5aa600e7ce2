// A zone overlay: records from a file (or one record from an option) that are used before DNS.
//
// One mechanism for per-domain overrides, tests, "what if I published this" and a demonstration without a network.
//   - Below a name with an SOA record the overlay knows everything: a name that is not there does not exist.
//   - Anywhere else a record overrides the records of its name and type only; all other questions go to DNS.
//   - A CNAME may lead out of the overlay: then the question goes on to DNS under its new name.
//   - "*.name" stands for names below `name` that are not there themselves (RFC 4592).
// Syntax: master file (RFC 1035 §5): $ORIGIN, $TTL, @, comments, parentheses, quoted strings, \DDD and \X escapes in
// strings; types A AAAA MX PTR CNAME TXT SOA; other well-known types are read over. Pure: the caller reads the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/dns/answer.h"

namespace dns {

struct ZoneError {
  std::size_t line = 0;  // from 1
  std::string message;

  friend bool operator==(const ZoneError&, const ZoneError&) = default;
};

class Zone {
 public:
  // Adds the records of a master file. At an error nothing is added.
  base::Result<std::monostate, ZoneError> add_file(std::string_view text);
  // Adds one TXT record.
  void add_text(const Name& name, std::string text);

  [[nodiscard]] bool empty() const { return nodes_.empty(); }

  struct Unknown {      // ask DNS
    Question question;  // the question itself, or the one that a CNAME led to
  };
  [[nodiscard]] std::variant<Answer, Unknown> find(const Question& question) const;

 private:
  struct Node {
    Answer a, aaaa, mx, ptr, txt;
    bool has_a = false, has_aaaa = false, has_mx = false, has_ptr = false, has_txt = false;
    bool is_apex = false;
    std::string cname;  // empty: none
    std::uint32_t cname_ttl = 0;
  };
  std::unordered_map<std::string, Node> nodes_;
};

}  // namespace dns
