#include "common/dns/zone.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace dns {

base::Result<std::monostate, ZoneError> Zone::add_file(std::string_view text) {
  const auto records = parse_zone(text);
  if (!records) return base::failure(records.error());
  Zone grown = *this;
  for (const ZoneRecord& record : *records) {
    if (auto problem = add(grown.node(record.owner), record)) {
      return base::failure(ZoneError{record.line, std::move(*problem)});
    }
  }
  *this = std::move(grown);
  return std::monostate{};
}

void Zone::add_text(const Name& name, std::string text) {
  Node& at = node(name);
  for (RecordSet& set : at.sets) {
    if (set.type == Type::txt) return set.answer.texts.push_back(std::move(text));
  }
  RecordSet& set = at.sets.emplace_back();
  set.answer.ttl = kDefaultZoneTtl;
  set.answer.texts.push_back(std::move(text));
}

void Zone::remove_texts(const Name& name) {
  const auto found = nodes_.find(name);
  if (found != nodes_.end()) std::erase_if(found->second.sets, [](const RecordSet& set) { return set.type == Type::txt; });
}

Zone::Node& Zone::node(const Name& name) {
  // RFC 4592 §2.2.2: the names above exist too.
  for (Name above = name; !above.is_root();) {
    above = above.parent();
    if (!nodes_.try_emplace(above).second) break;
  }
  return nodes_[name];
}

std::optional<std::string> Zone::add(Node& node, const ZoneRecord& record) {
  const auto both = [&record] { return fmt::format("\"{}\" has a CNAME and other records", record.owner.text()); };
  if (record.type == ZoneRecord::Type::cname) {
    if (!node.sets.empty() || node.negative_ttl) return both();
    if (node.alias && node.alias->target != record.target) {
      return fmt::format("\"{}\" has two CNAME records", record.owner.text());
    }
    node.alias = Alias{record.target, record.ttl};
    return std::nullopt;
  }
  if (record.type == ZoneRecord::Type::other) return std::nullopt;  // DNSSEC types may stand beside a CNAME
  if (node.alias) return both();
  switch (record.type) {
    case ZoneRecord::Type::a: return add_to_set(node, Type::a, record);
    case ZoneRecord::Type::aaaa: return add_to_set(node, Type::aaaa, record);
    case ZoneRecord::Type::mx: return add_to_set(node, Type::mx, record);
    case ZoneRecord::Type::ptr: return add_to_set(node, Type::ptr, record);
    case ZoneRecord::Type::txt: return add_to_set(node, Type::txt, record);
    // RFC 2308 §5: the lesser of the SOA's own TTL and its MINIMUM field.
    case ZoneRecord::Type::soa: node.negative_ttl = std::min(record.ttl, record.minimum); break;
    case ZoneRecord::Type::cname:
    case ZoneRecord::Type::other: break;
  }
  return std::nullopt;
}

std::optional<std::string> Zone::add_to_set(Node& node, Type type, const ZoneRecord& record) {
  auto found = std::find_if(node.sets.begin(), node.sets.end(), [type](const RecordSet& set) { return set.type == type; });
  if (found == node.sets.end()) {
    found = node.sets.insert(node.sets.end(), RecordSet{});
    found->type = type;
    found->answer.ttl = record.ttl;
  }
  Answer& answer = found->answer;
  // RFC 2181 §5.2: one TTL for all.
  answer.ttl = std::min(answer.ttl, record.ttl);
  if (answer.addresses.size() + answer.names.size() + answer.texts.size() >= kMaxRecords) {
    return fmt::format("\"{}\" has more than {} {} records", record.owner.text(), kMaxRecords, type_name(type));
  }
  // RFC 2181 §5: the same record twice is one record.
  const auto add_new = [](auto& values, auto value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
  };
  switch (type) {
    case Type::a:
    case Type::aaaa: add_new(answer.addresses, record.address); break;
    case Type::txt: add_new(answer.texts, record.text); break;
    case Type::ptr: add_new(answer.names, std::string(record.target.text())); break;
    case Type::mx: {
      auto& order = found->preferences;
      const auto [first, last] = std::equal_range(order.begin(), order.end(), record.preference);
      const auto names = answer.names.begin();
      if (std::find(names + (first - order.begin()), names + (last - order.begin()), record.target.text()) !=
          names + (last - order.begin())) {
        break;
      }
      answer.names.insert(names + (last - order.begin()), std::string(record.target.text()));
      order.insert(last, record.preference);
      break;
    }
  }
  return std::nullopt;
}

const Zone::Node* Zone::find_node(const Name& name) const {
  const auto exact = nodes_.find(name);
  if (exact != nodes_.end()) return &exact->second;
  // RFC 4592 §3.3.1: the wildcard just below the closest name that exists.
  for (Name above = name; !above.is_root();) {
    above = above.parent();
    if (!nodes_.contains(above)) continue;
    const auto wildcard = Name::parse(fmt::format("*.{}", above.text()));
    const auto found = wildcard ? nodes_.find(*wildcard) : nodes_.end();
    return found == nodes_.end() ? nullptr : &found->second;
  }
  return nullptr;
}

const Zone::Node* Zone::find_apex(Name name) const {
  for (;; name = name.parent()) {
    const auto found = nodes_.find(name);
    if (found != nodes_.end() && found->second.negative_ttl) return &found->second;
    if (name.is_root()) return nullptr;
  }
}

std::variant<Answer, Zone::Unknown> Zone::find(const Question& question) const {
  Question now = question;
  if (nodes_.empty()) return Unknown{now};
  std::uint32_t ttl = std::numeric_limits<std::uint32_t>::max();
  for (int links = 0;; ++links) {
    const Node* node = find_node(now.name);
    if (node != nullptr) {
      for (const RecordSet& set : node->sets) {
        if (set.type != now.type) continue;
        Answer answer = set.answer;
        answer.ttl = std::min(answer.ttl, ttl);
        return answer;
      }
      if (node->alias) {
        if (links == kMaxCnames) return failure_answer("CNAME loop");
        ttl = std::min(ttl, node->alias->ttl);
        now.name = node->alias->target;
        continue;
      }
    }
    const Node* apex = find_apex(now.name);
    if (apex == nullptr) return Unknown{now};
    Answer answer;
    answer.status = node != nullptr ? Status::ok : Status::name_error;
    answer.ttl = std::min(ttl, *apex->negative_ttl);
    return answer;
  }
}

}  // namespace dns
