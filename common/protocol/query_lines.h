// The query lines that Exim's ${readsocket{...}} sends to spfd, and the answers to them (spfd-protocol(7)).
//
//   request: lines "key=value", LF or CRLF, up to an empty line or the end of input (request_reader.h, request_values.h).
//   answer:  lines "key=value" in a fixed order, then an empty line; or one JSON object on a line.
// Every value of an answer is one line of printable US-ASCII, at most kMaxAnswerValue bytes, whatever the reply contains.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/protocol/codec.h"
#include "common/protocol/request_values.h"
#include "common/receiver/request.h"

namespace protocol {

// The form of the answer that a request asks for.
struct AnswerForm {
  bool is_ping = false;    // request=ping: answered at once, without SPF
  bool is_health = false;  // request=health
  bool keep = false;       // keep=1: the connection stays open for further requests
  Format format = Format::lines;
};

struct QueryLines : CheckRequest, AnswerForm {};

inline constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(1);

// Reads a request from its values into `check`, which must be new. Form and id are set even after an error.
AnswerForm read_check(const Values& values, CheckRequest& check);
// Parses the text of one request, without the empty line that ends it.
QueryLines parse_query_lines(std::string_view text);

void append_reply(const receiver::Reply& reply, Format format, std::string_view id, const DoorOptions& options, std::string& out);
// Appends the answer to request=ping: "pong=1", "version=..." and the id.
void append_pong(Format format, std::string_view id, std::string& out);
// Appends the answer to request=health: "health=ok", "draining" or "failing", the reasons, and the id.
void append_health(const Health& health, Format format, std::string_view id, std::string& out);

}  // namespace protocol
