#include "common/protocol/line_codec.h"

#include <string>
#include <utility>
#include <variant>

#include "common/protocol/query_lines.h"

namespace protocol {

void LineCodec::read(const Values& values, Request& request) {
  is_postfix_ = is_policy_request(values);
  if (is_postfix_) return policy_.read(values, request);
  auto& check = request.become<CheckRequest>(Door::query);
  const AnswerForm form = read_check(values, check);
  is_json_ = form.format == Format::json;
  if (form.is_health) {
    const std::string id = std::move(check.id);
    request.become<HealthRequest>(Door::query) = {id, form.format};
  } else if (form.is_ping) {
    const std::string id = std::move(check.id);
    auto& pong = request.become<Ready>(Door::query);
    pong.kind = Ready::Kind::ping;
    append_pong(form.format, id, pong.answer);
  }
  request.closes = !form.keep;
}

bool LineCodec::next(const Moment& moment, Request& request) {
  std::string_view text;
  if (!reader_.next(text)) return false;
  if (reader_.problem().empty()) {
    read(read_values(text), request);
  } else {
    refuse(text, reader_.problem(), request);
  }
  if (auto* check = std::get_if<CheckRequest>(&request.what)) check->request.time = moment.time;
  return true;
}

void LineCodec::encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) {
  if (const auto* form = std::get_if<PolicyForm>(&check.form)) return policy_.encode(check, *form, reply, options, out);
  append_reply(reply, std::get<Format>(check.form), check.id, options, out);
}

// Makes a check with an error of the text, whatever kind of request it began. Where the text does not say what kind and form the
// request has, they are those of the last request.
void LineCodec::refuse(std::string_view text, std::string_view why, Request& request) {
  Values values = read_values(text);
  if (values.request.empty() && is_postfix_) values.request = kPolicyRequest;
  if (!is_policy_request(values)) values.request = {};
  if (values.format.empty() && is_json_) values.format = "json";
  values.protocol_state = {};
  read(values, request);
  std::get<CheckRequest>(request.what).error = why;
  request.closes = true;
}

void LineCodec::give_up(std::string_view why, Request& request) {
  std::string_view text;
  reader_.give_up(text);
  refuse(text, why, request);
}

}  // namespace protocol
