// How a host rewrites senders.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/srs/address.h"

namespace srs {

struct Config {
  std::vector<std::string> secrets;      // the first one signs, all of them verify
  std::vector<std::string> old_secrets;  // these too verify

  char separator = '=';        // or '+' or '-'
  unsigned hash_length = 4;    // characters that we write, at most kMaxHash
  unsigned hash_min = 0;       // characters that an address must have at least; 0: as many as we write
  unsigned max_age_days = 21;  // below kStampDays
  // Octets of what we write. Receivers must take 64 (RFC 5321 §4.5.3.1.1) and most take more, while bounce addresses of bulk
  // senders have up to 60 of their own.
  unsigned max_local_part = kMaxAddress;
  bool hash_has_slash = true;   // false: "_" in the place of "/", which some servers refuse; both verify
  bool always_rewrite = false;  // senders of our own domains too
  bool accept_exim = false;     // turn back what Exim's ${srs_encode} made with one of the secrets

  // Where to rewrite into. Empty: into the domain of the alias, whatever it is; then an SRS address in any domain is turned
  // back if its hash is right.
  std::string rewriting_domain;
  std::map<std::string, std::string> rewriting_domains;  // by domain of the alias
  // Our own domains, whose senders stay as they are. So do those of the alias's domain and of the rewriting domains.
  std::vector<std::string> local_domains;
  // Senders here always stay as they are.
  std::vector<std::string> excluded_domains;
  // In both lists ".example.org" stands for all subdomains of example.org.

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace srs
