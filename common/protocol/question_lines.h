// The query lines that Exim's ${readsocket{...}} sends to spfd, and the answer lines (spfd-protocol(7)).
//
// A codec's pure part: the text of a question to its meaning, a reply to the bytes of the answer.
//   question: lines "key=value", LF or CRLF, up to an empty line or the end of input (question_reader.h, question_values.h).
//   answer:   lines "key=value" in a fixed order, then an empty line; or one JSON object on a line.
// Every value of an answer is one line of printable US-ASCII, at most kMaxAnswerValue bytes, whatever stands in the reply.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/protocol/codec.h"
#include "common/protocol/question_values.h"
#include "common/receiver/request.h"

namespace protocol {

// How a question wants to be answered.
struct AnswerForm {
  bool is_ping = false;    // request=ping: at once, without SPF
  bool is_health = false;  // request=health
  bool keep = false;       // keep=1: the connection stays open for further questions
  Format format = Format::lines;
};

struct Question : CheckRequest, AnswerForm {};

inline constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(1);

// Reads what these values ask into `check`, which is as new. With an error, form and id hold all the same.
AnswerForm read_question(const Values& values, CheckRequest& check);
// The question that the text of one question (without the empty line at its end) asks.
Question parse_question(std::string_view text);

void append_reply(const receiver::Reply& reply, Format format, std::string_view id, const DoorOptions& options, std::string& out);
// The answer to request=ping: "pong=1", "version=..." and the id.
void append_pong(Format format, std::string_view id, std::string& out);
// The answer to request=health: "health=ok", "draining" or "failing", and why; the id.
void append_health(const Health& health, Format format, std::string_view id, std::string& out);

}  // namespace protocol
