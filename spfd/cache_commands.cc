#include "spfd/cache_commands.h"

#include <fmt/core.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/base/json.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/name.h"

namespace spfd {

namespace {

using protocol::ControlAnswer;
using protocol::Format;

// Maximum size, in bytes, of a record that "lookup" shows; longer ones are cut.
constexpr std::size_t kMaxShown = 600;
// Maximum number of records of one answer that "lookup" shows.
constexpr std::size_t kMostRecords = 40;

ControlAnswer bad_name(std::string_view name) {
  return ControlAnswer::error(fmt::format("{} is not a domain name", base::in_quotes(name)));
}

// Returns the name as it is shown: the root is ".".
std::string shown(std::string_view name) { return name.empty() ? "." : base::clip(name, kMaxShown); }
std::string shown(const dns::Name& name) { return shown(name.text()); }

// An answer in words.
struct Content {
  std::string state;                      // "ok", "alias", "no such name", "no such record" or "failure"
  std::string problem = {};               // of a failure
  std::vector<std::string> records = {};  // of "ok"; of "alias" the name to which it leads
  std::size_t further = 0;                // records that are left out
};

template <class Values, class Text>
void add_records(Content& content, const Values& values, Text&& text) {
  for (const auto& value : values) {
    if (content.records.size() == kMostRecords) {
      ++content.further;
    } else {
      content.records.push_back(text(value));
    }
  }
}

Content content_of(const dns::Answer& answer) {
  switch (answer.status) {
    case dns::Status::name_error: return {.state = "no such name"};
    case dns::Status::failure: return {.state = "failure", .problem = base::clip(answer.problem, kMaxShown)};
    case dns::Status::alias:
    case dns::Status::ok: break;
  }
  if (answer.is_void()) return {.state = "no such record"};
  Content content{.state = answer.status == dns::Status::alias ? "alias" : "ok"};
  add_records(content, answer.addresses, [](const base::IpAddress& one) { return one.text(); });
  add_records(content, answer.names, [](const std::string& one) { return shown(one); });
  add_records(content, answer.texts, [](const std::string& one) { return base::clip(one, kMaxShown); });
  return content;
}

// Returns an answer as lines that begin with `head`.
std::string lines_of(const std::string& head, const dns::Answer& answer) {
  const Content content = content_of(answer);
  if (content.state == "failure") return fmt::format("{} failure: {}\n", head, content.problem);
  if (content.records.empty()) return fmt::format("{} {}\n", head, content.state);
  std::string out;
  for (const std::string& record : content.records) {
    const std::string text = answer.texts.empty() ? record : "\"" + record + "\"";
    out += fmt::format("{} {}{}\n", head, content.state == "alias" ? "alias of " : "", text);
  }
  if (content.further > 0) out += fmt::format("{} (and {} further records)\n", head, content.further);
  return out;
}

std::string lines_of(const dns::Question& question, const io::Cache::Peek& peek) {
  const std::string subject = fmt::format("{} {}", shown(question.name), dns::type_name(question.type));
  std::string out;
  if (peek.answer != nullptr)
    out += lines_of(fmt::format("{} ttl={} uses={}", subject, peek.left.count(), peek.uses), peek.answer->answer);
  if (peek.is_under_way) out += fmt::format("{} under way, waiting={}\n", subject, peek.waiting);
  if (peek.stale != nullptr) out += lines_of(fmt::format("{} stale={}", subject, peek.stale_left.count()), peek.stale->answer);
  return out;
}

void add_content(base::JsonMembers& json, const dns::Answer& answer) {
  const Content content = content_of(answer);
  json.text("state", content.state);
  if (!content.problem.empty()) json.text("problem", content.problem);
  json.list("records", content.records);
  if (content.further > 0) json.number("further_records", content.further);
}

std::uint64_t count(std::chrono::seconds time) { return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count()); }

// Appends an object for each answer, and one for a question under way.
void add_objects(const dns::Question& question, const io::Cache::Peek& peek, std::vector<std::string>& objects) {
  const auto begun = [&] {
    base::JsonMembers json;
    json.text("type", dns::type_name(question.type));
    return json;
  };
  if (peek.answer != nullptr) {
    base::JsonMembers json = begun();
    json.number("ttl", count(peek.left));
    json.number("uses", peek.uses);
    add_content(json, peek.answer->answer);
    objects.push_back(json.object());
  }
  if (peek.is_under_way) {
    base::JsonMembers json = begun();
    json.text("state", "under way");
    json.number("waiting", peek.waiting);
    objects.push_back(json.object());
  }
  if (peek.stale != nullptr) {
    base::JsonMembers json = begun();
    json.number("stale", count(peek.stale_left));
    add_content(json, peek.stale->answer);
    objects.push_back(json.object());
  }
}

}  // namespace

ControlAnswer flush(io::Cache& cache, std::string_view what, Format format) {
  std::size_t removed = 0;
  if (what == "all") {
    removed = cache.remove_zone(dns::Name());
  } else {
    const bool is_zone = what.starts_with('.') && what.size() > 1;
    const auto name = dns::Name::parse(is_zone ? what.substr(1) : what);
    if (!name) return bad_name(what);
    removed = is_zone ? cache.remove_zone(*name) : cache.remove(*name);
  }
  if (format == Format::lines) return ControlAnswer::ok(fmt::format("removed={}", removed));
  base::JsonMembers json;
  json.number("removed", removed);
  return ControlAnswer::ok(json.take());
}

ControlAnswer look_up(io::Cache& cache, std::string_view text, std::optional<std::string_view> type_text, Format format) {
  const auto name = dns::Name::parse(text);
  if (!name) return bad_name(text);
  std::string lines;
  std::vector<std::string> objects;
  bool is_known_type = !type_text;
  for (const dns::Type type : dns::kTypes) {
    if (type_text && !base::equals_ignoring_case(*type_text, dns::type_name(type))) continue;
    is_known_type = true;
    const dns::Question question{*name, type};
    const auto peek = cache.peek(question, io::Clock::now());
    if (!peek) continue;
    lines += lines_of(question, *peek);
    add_objects(question, *peek, objects);
  }
  if (!is_known_type)
    return ControlAnswer::error(fmt::format("{} is not one of: A, AAAA, MX, PTR, TXT", base::in_quotes(*type_text)));
  if (format == Format::json) {
    base::JsonMembers json;
    json.text("name", shown(*name));
    json.array("answers", objects);
    return ControlAnswer::ok(json.take());
  }
  if (lines.empty()) return ControlAnswer::ok(fmt::format("{} is not in the cache\n", shown(*name)));
  return ControlAnswer::ok(std::move(lines));
}

}  // namespace spfd
