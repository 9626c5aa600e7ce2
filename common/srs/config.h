// The configuration of sender rewriting.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/srs/address.h"

namespace srs {

struct Config {
  std::vector<std::string> secrets;      // the first one signs, all verify
  std::vector<std::string> old_secrets;  // these only verify

  char separator = '=';        // or '+' or '-'
  unsigned hash_length = 4;    // characters in addresses that we write, at most kMaxHash
  unsigned hash_min = 0;       // minimum of characters in addresses that we accept; 0: hash_length
  unsigned max_age_days = 21;  // below kStampDays
  // Maximum size, in octets, of local parts that we write. Receivers must accept 64 (RFC 5321 §4.5.3.1.1) and most accept more;
  // bounce addresses of bulk senders alone take up to 60.
  unsigned max_local_part = kMaxAddress;
  bool hash_has_slash = true;   // false: write "_" instead of "/", which some servers refuse; both verify
  bool always_rewrite = false;  // rewrite senders of our own domains too
  bool accept_exim = false;     // also reverse addresses made by Exim's ${srs_encode} with one of the secrets

  // The domain of rewritten addresses. Empty: the domain of the alias, whatever it is; then an SRS address in any domain is
  // reversed if its hash is right.
  std::string rewriting_domain;
  std::map<std::string, std::string> rewriting_domains;  // by domain of the alias
  // Our own domains. Their senders are not rewritten, nor are those of the alias's domain and of the rewriting domains.
  std::vector<std::string> local_domains;
  // Domains whose senders are never rewritten.
  std::vector<std::string> excluded_domains;
  // In both lists ".example.org" means all subdomains of example.org.

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace srs
