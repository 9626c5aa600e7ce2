#include "common/protocol/line_codec.h"

#include "common/protocol/question_lines.h"

namespace protocol {

void LineCodec::read(std::string_view text, Item& item) {
  item.clear();
  const Values values = read_values(text);
  is_postfix_ = is_policy_question(values);
  if (is_postfix_) return policy_.read(values, item);
  const AnswerForm form = read_question(values, item);
  item.door = Door::query;
  item.closes = !form.keep;
  item.context = static_cast<std::uint64_t>(form.format);
  if (form.is_health) item.kind = Item::Kind::health;
  if (!form.is_ping) return;
  item.kind = Item::Kind::ping;
  append_pong(form.format, item.id, item.bytes);
}

bool LineCodec::next(const Moment& moment, Item& item) {
  std::string_view text;
  if (!reader_.next(text)) return false;
  read(text, item);
  item.request.time = moment.time;
  if (!reader_.problem().empty()) give_up(reader_.problem(), item);
  return true;
}

void LineCodec::encode(const Item& item, const receiver::Reply& reply, const DoorOptions& options, std::string& out) {
  if (item.door == Door::policy) return policy_.encode(item, reply, options, out);
  append_reply(reply, static_cast<Format>(item.context), item.id, options, out);
}

void LineCodec::encode_health(const Item& item, const Health& health, std::string& out) {
  append_health(health, static_cast<Format>(item.context), item.id, out);
}

void LineCodec::give_up(std::string_view why, Item& item) {
  if (reader_.problem().empty()) {
    std::string_view text;
    reader_.give_up(text);
    read(text, item);
  }
  item.kind = Item::Kind::check;
  item.error = why;
  item.closes = true;
}

}  // namespace protocol
