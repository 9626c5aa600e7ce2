// The replies of the tests' DNS server as bytes: the right answer, or one of many wrong ones.
//
// Reads queries and writes replies by its own code, not by common/dns/message.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/dns/answer.h"

namespace support {

struct Reaction {
  enum class Fault : std::uint8_t {
    none,
    silence,
    wrong_id,
    wrong_question,    // right id; another name in the question and as the owner of the records
    garbage,           // bytes that are not a DNS message
    compression_loop,  // right id and question, an owner name that points at itself
    cname_loop,
    truncated,  // TC without records, also over TCP
    short_tcp,  // over TCP: half of the message, then the end of the connection; over UDP: the answer
    stuck_tcp,  // over TCP: half of the message, then silence; over UDP: the answer
    close_tcp,  // over TCP: the end of the connection instead of an answer; over UDP: the answer
  };
  // The server's support of DNS cookies (RFC 7873).
  enum class Cookies : std::uint8_t {
    unknown,      // answers without a cookie
    known,        // answers with a cookie of its own
    required,     // BADCOOKIE to queries without the server's cookie
    never_right,  // BADCOOKIE to all queries
    wrong,        // answers with the cookie of another client
    wrong_length  // answers with a cookie of an invalid length
  };
  struct Records {
    std::string owner;
    dns::Type type = dns::Type::txt;
    dns::Answer answer;
  };

  // Status failure is sent as SERVFAIL. MX hosts get ascending preferences; the name "?" is written as a label that is not text.
  // A void answer gets an SOA record of answer.ttl, unless that is 0 or `has_soa` is false.
  dns::Answer answer;
  bool has_soa = true;
  std::vector<std::string> cnames;  // CNAMEs from the name asked, each to the next; the last one owns the records
  std::vector<Records> unrelated;   // records in the answer section before the right ones
  std::vector<Records> additional;
  std::optional<unsigned> rcode;    // instead of an answer
  bool rcode_only_to_edns = false;  // `rcode` if the query has EDNS0, else the answer
  bool rcode_only_header = false;   // `rcode` without the question section, as very old servers do
  Fault fault = Fault::none;
  bool answer_follows = false;  // the right answer follows the one with wrong_id, wrong_question or garbage
  std::chrono::milliseconds delay{0};
  Cookies cookies = Cookies::unknown;
  // UDP only, instead of an answer: a forgery by somebody who knows the port but not the id. The server sends this number of
  // datagrams with wrong ids and then one with the right id, all with `forged` and without a cookie.
  std::size_t guesses = 0;
  dns::Answer forged;
};

Reaction react(dns::Answer answer);
Reaction react(Reaction::Fault fault, dns::Answer answer = {});
Reaction react_rcode(unsigned rcode);

struct ReceivedQuery {
  unsigned id = 0;
  std::vector<std::uint8_t> question_section;  // as received, so that the reply repeats the case of letters
  std::optional<dns::Question> question;       // none: a type that SPF does not ask for
  bool has_edns = false;
  std::size_t udp_payload = 512;
  std::vector<std::uint8_t> cookie;  // the data of the option
};

// Returns nothing if the message is not a query with one question and a name that dns::Name can hold.
std::optional<ReceivedQuery> read_query(std::span<const std::uint8_t> message);

// Returns the messages to send, in order. A message that is too large for the transport becomes one with TC and no records.
std::vector<std::vector<std::uint8_t>> write_reply(const ReceivedQuery& query, const Reaction& reaction, bool over_tcp);

}  // namespace support
