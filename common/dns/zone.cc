#include "common/dns/zone.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/core.h>

namespace dns {

namespace {

// Replaces `owner`, which `name` ends with, by `target` (RFC 6672 §2.2). Returns nothing when the new name is too long.
std::optional<Name> substituted(const Name& name, const Name& owner, const Name& target) {
  std::string text(name.text().substr(0, name.text().size() - owner.text().size()));
  if (owner.is_root()) text += '.';
  text += target.text();
  return Name::parse(text);
}

}  // namespace

base::Result<ZoneNotes, ZoneError> Zone::add_file(std::string_view text) {
  auto content = parse_zone(text);
  if (!content) return base::failure(content.error());
  Zone grown = *this;
  for (const ZoneRecord& record : content->records) {
    if (auto problem = add(grown.node(record.owner), record)) {
      return base::failure(ZoneError{record.line, std::move(*problem)});
    }
  }
  *this = std::move(grown);
  return std::move(content->notes);
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
  // RFC 4592 §2.2.2: all names above it exist too.
  for (Name above = name; !above.is_root();) {
    above = above.parent();
    if (!nodes_.try_emplace(above).second) break;
  }
  return nodes_[name];
}

std::optional<std::string> Zone::add(Node& node, const ZoneRecord& record) {
  const bool has_others = !node.sets.empty() || node.names_below || node.negative_ttl || node.has_servers;
  // Type `other` includes DNSSEC types, which may coexist with a CNAME.
  const bool is_alone = record.type == ZoneRecord::Type::cname ? !has_others : !node.alias;
  if (!is_alone && record.type != ZoneRecord::Type::other) {
    return fmt::format("\"{}\" has a CNAME and other records", record.owner.text());
  }
  switch (record.type) {
    case ZoneRecord::Type::a: return add_to_set(node, Type::a, record);
    case ZoneRecord::Type::aaaa: return add_to_set(node, Type::aaaa, record);
    case ZoneRecord::Type::mx: return add_to_set(node, Type::mx, record);
    case ZoneRecord::Type::ptr: return add_to_set(node, Type::ptr, record);
    case ZoneRecord::Type::txt: return add_to_set(node, Type::txt, record);
    case ZoneRecord::Type::spf: return add_to_set(node, Type::spf, record);
    case ZoneRecord::Type::cname: return add_alias(node.alias, "CNAME", record);
    case ZoneRecord::Type::dname: return add_alias(node.names_below, "DNAME", record);
    // RFC 2308 §5: the lesser of the SOA record's TTL and its MINIMUM field.
    case ZoneRecord::Type::soa: node.negative_ttl = std::min(record.ttl, record.minimum); break;
    case ZoneRecord::Type::ns: node.has_servers = true; break;
    case ZoneRecord::Type::other: break;
  }
  return std::nullopt;
}

std::optional<std::string> Zone::add_alias(std::optional<Alias>& alias, std::string_view type, const ZoneRecord& record) {
  if (alias && alias->target != record.target) return fmt::format("\"{}\" has two {} records", record.owner.text(), type);
  alias = Alias{record.target, record.ttl};
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
  // RFC 2181 §5.2: all records of a set have one TTL.
  answer.ttl = std::min(answer.ttl, record.ttl);
  if (answer.addresses.size() + answer.names.size() + answer.texts.size() >= kMaxRecords) {
    return fmt::format("\"{}\" has more than {} {} records", record.owner.text(), kMaxRecords, type_name(type));
  }
  // In the form of Answer::names.
  const std::string host(record.target ? record.target->text() : "?");
  // RFC 2181 §5: duplicate records are suppressed.
  const auto add_new = [](auto& values, auto value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
  };
  switch (type) {
    case Type::a:
    case Type::aaaa: add_new(answer.addresses, record.address); break;
    case Type::txt:
    case Type::spf:
      if (std::ranges::find(answer.texts, record.text.text) == answer.texts.end()) answer.add_text(dns::JoinedText(record.text));
      break;
    case Type::ns:
    case Type::ptr: add_new(answer.names, host); break;
    case Type::mx: {
      auto& order = found->preferences;
      const auto [first, last] = std::equal_range(order.begin(), order.end(), record.preference);
      const auto names = answer.names.begin();
      if (std::find(names + (first - order.begin()), names + (last - order.begin()), host) != names + (last - order.begin())) {
        break;
      }
      answer.names.insert(names + (last - order.begin()), host);
      order.insert(last, record.preference);
      break;
    }
  }
  return std::nullopt;
}

const Zone::Node* Zone::find_node(const Name& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Zone::Node* Zone::find_wildcard(Name name) const {
  // RFC 4592 §3.3.1: only the wildcard directly below the closest existing name applies.
  while (!name.is_root()) {
    name = name.parent();
    if (!nodes_.contains(name)) continue;
    const auto wildcard = Name::parse(fmt::format("*.{}", name.text()));
    return wildcard ? find_node(*wildcard) : nullptr;
  }
  return nullptr;
}

Zone::Cover Zone::cover_of(const Name& name) const {
  for (Name at = name;; at = at.parent()) {
    if (const Node* node = find_node(at)) {
      if (node->is_delegated()) return {};
      Cover cover;
      if (node->negative_ttl) cover.apex = node;
      if (node->names_below && at != name) {
        cover.renames = &*node->names_below;
        cover.renamed = at;
      }
      if (cover.apex != nullptr || cover.renames != nullptr) return cover;
    }
    if (at.is_root()) return {};
  }
}

std::variant<Answer, Zone::Unknown> Zone::find(const Question& question) const {
  Question now = question;
  if (nodes_.empty()) return Unknown{now};
  std::uint32_t ttl = std::numeric_limits<std::uint32_t>::max();
  for (int links = 0;; ++links) {
    const Cover cover = cover_of(now.name);
    const Node* node = find_node(now.name);
    // RFC 6672 §3.2: a DNAME takes precedence over a wildcard.
    if (node == nullptr && cover.renames == nullptr) node = find_wildcard(now.name);
    if (node != nullptr) {
      for (const RecordSet& set : node->sets) {
        if (set.type != now.type) continue;
        Answer answer = set.answer;
        answer.ttl = std::min(answer.ttl, ttl);
        answer.cnames = static_cast<std::uint8_t>(links);
        return answer;
      }
    }
    const bool has_cname = node != nullptr && node->alias;
    if (const Alias* alias = has_cname ? &*node->alias : cover.renames) {
      if (links == kMaxCnames) return failure_answer("CNAME loop");
      if (!alias->target) return failure_answer("an alias to a name that is not supported");
      ttl = std::min(ttl, alias->ttl);
      const auto target = has_cname ? alias->target : substituted(now.name, cover.renamed, *alias->target);
      if (!target) return failure_answer("YXDOMAIN");  // RFC 6672 §2.2
      now.name = *target;
      continue;
    }
    if (cover.apex == nullptr || (node != nullptr && node->is_delegated()))
      return Unknown{now, ttl, static_cast<std::uint8_t>(links)};
    Answer answer;
    answer.status = node != nullptr ? Status::ok : Status::name_error;
    answer.ttl = std::min(ttl, *cover.apex->negative_ttl);
    return answer;
  }
}

}  // namespace dns
