#include "t/support/zone_data.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include <fmt/core.h>

#include "common/base/text.h"

namespace support {

namespace {

// Returns the name in lower case without a dot at its end.
std::string key_of(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return base::lower(name);
}

std::string shown_name(const std::string& raw) {
  const auto name = dns::Name::parse(raw);
  return name ? std::string(name->text()) : "?";
}

[[noreturn]] void bad(const std::string& name, const std::string& type, const std::string& value) {
  throw std::runtime_error(fmt::format("zone data: {}: {}: {}", name, type, value));
}

// Returns the bytes that were meant: YAML reads "\xEF" as the character U+00EF, which is two bytes of UTF-8.
std::string one_byte_each(const std::string& utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if ((byte == 0xc2 || byte == 0xc3) && i + 1 < utf8.size()) {
      const auto next = static_cast<unsigned char>(utf8[++i]);
      out += static_cast<char>(((byte & 0x03U) << 6) | (next & 0x3fU));
    } else {
      out += utf8[i];
    }
  }
  return out;
}

std::string text_of(const YAML::Node& node) {
  return node && node.IsScalar() ? one_byte_each(node.as<std::string>()) : std::string();
}

// A list holds the character-strings of one TXT record, or the preference and the host of an MX record.
std::string value_of(const std::string& type, const YAML::Node& value) {
  if (!value.IsSequence()) return text_of(value);
  std::string joined;
  for (const auto& part : value) {
    if (type == "MX" && !joined.empty()) joined += ' ';
    joined += text_of(part);
  }
  return joined;
}

void read_zone(const YAML::Node& from, ZoneData& zone) {
  for (const auto& item : from) {
    const std::string name = text_of(item.first);
    for (const auto& entry : item.second) {
      if (entry.IsScalar() && text_of(entry) == "TIMEOUT") {
        zone.add_timeout(name);
      } else if (entry.IsMap()) {
        for (const auto& record : entry) {
          const std::string type = text_of(record.first);
          zone.add(name, type, value_of(type, record.second));
        }
      } else {
        bad(name, "entry", "neither a record nor TIMEOUT");
      }
    }
  }
}

SuiteTest read_test(const std::string& id, const YAML::Node& from) {
  SuiteTest test;
  test.id = id;
  test.description = text_of(from["description"]);
  test.spec = text_of(from["spec"]);
  test.helo = text_of(from["helo"]);
  test.host = text_of(from["host"]);
  test.mailfrom = text_of(from["mailfrom"]);
  if (const auto results = from["result"]; results.IsSequence()) {
    for (const auto& result : results) test.results.push_back(text_of(result));
  } else {
    test.results.push_back(text_of(results));
  }
  if (const auto explanation = from["explanation"]) test.explanation = text_of(explanation);
  return test;
}

}  // namespace

void ZoneData::add(const std::string& name, const std::string& type, const std::string& value) {
  Node& node = nodes_[key_of(name)];
  if (type == "TXT") node.has_txt_entry = true;
  if (value == "TIMEOUT") {
    node.timeouts.insert(type);
    return;
  }
  if (type == "TXT") {
    if (value != "NONE") node.txt.push_back(value);
  } else if (type == "SPF") {
    node.spf.push_back(value);
  } else if (type == "A" || type == "AAAA") {
    const auto address = base::IpAddress::parse(value);
    if (!address) bad(name, type, value);
    (type == "A" ? node.a : node.aaaa).push_back(*address);
  } else if (type == "MX") {
    const auto blank = value.find(' ');
    const auto preference = base::parse_number(value.substr(0, blank), 65535);
    if (!preference || blank == std::string::npos) bad(name, type, value);
    node.mx.emplace_back(*preference, value.substr(blank + 1));
  } else if (type == "PTR") {
    node.ptr.push_back(value);
  } else if (type == "CNAME") {
    node.cname = value;
  } else {
    bad(name, type, value);
  }
}

void ZoneData::add_timeout(const std::string& name) { nodes_[key_of(name)].others_time_out = true; }

dns::Answer ZoneData::answer_of(const Node& node, dns::Type type) {
  // Without a TXT entry, SPF entries are served as TXT, including timeouts.
  const bool as_txt = type == dns::Type::txt && !node.has_txt_entry;
  const bool times_out = node.timeouts.contains(std::string(dns::type_name(type))) || (as_txt && node.timeouts.contains("SPF"));
  if (times_out) return dns::failure_answer("timed out");
  dns::Answer answer;
  answer.ttl = kTtl;
  switch (type) {
    case dns::Type::a: answer.addresses = node.a; break;
    case dns::Type::aaaa: answer.addresses = node.aaaa; break;
    case dns::Type::ns: break;
    case dns::Type::spf: answer.texts = node.spf; break;
    case dns::Type::txt: answer.texts = as_txt ? node.spf : node.txt; break;
    case dns::Type::ptr:
      for (const auto& name : node.ptr) answer.names.push_back(shown_name(name));
      break;
    case dns::Type::mx: {
      auto hosts = node.mx;
      std::stable_sort(hosts.begin(), hosts.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
      for (const auto& [preference, host] : hosts) answer.names.push_back(shown_name(host));
      break;
    }
  }
  if (answer.is_void() && node.others_time_out) return dns::failure_answer("timed out");
  return answer;
}

ZoneData::Resolved ZoneData::resolve(const dns::Question& question) const {
  Resolved resolved;
  std::string name(question.name.text());
  for (;;) {
    const auto found = nodes_.find(name);
    if (found == nodes_.end()) {
      resolved.answer.status = dns::Status::name_error;
      resolved.answer.ttl = kTtl;
      return resolved;
    }
    const Node& node = found->second;
    if (!node.cname) {
      resolved.answer = answer_of(node, question.type);
      return resolved;
    }
    if (resolved.cnames.size() == dns::kMaxCnames) {
      resolved.answer = dns::failure_answer("SERVFAIL");
      resolved.cnames.clear();
      return resolved;
    }
    name = key_of(*node.cname);
    resolved.cnames.push_back(name);
  }
}

std::vector<Scenario> parse_suite(const std::string& yaml) {
  std::vector<Scenario> scenarios;
  for (const YAML::Node& document : YAML::LoadAll(yaml)) {
    if (!document.IsMap()) continue;
    Scenario& scenario = scenarios.emplace_back();
    scenario.description = text_of(document["description"]);
    for (const auto& test : document["tests"]) scenario.tests.push_back(read_test(text_of(test.first), test.second));
    read_zone(document["zonedata"], scenario.zone);
  }
  return scenarios;
}

std::vector<Scenario> read_suite(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error(fmt::format("{}: cannot be read", path));
  auto scenarios = parse_suite(text.str());
  if (scenarios.empty()) throw std::runtime_error(fmt::format("{}: not a test suite", path));
  return scenarios;
}

}  // namespace support
