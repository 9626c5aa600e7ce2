// A world for examinations: the records of the names in the examples of the table of findings.
#pragma once

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "common/lint/lint.h"
#include "t/support/evaluate.h"
#include "t/support/known_answers.h"

namespace lint_test {

using support::World;

// Without the record of example.com.
inline World world() {
  World world;
  world.a("example.com", "198.18.0.1").a("example.com", "2001:dba::1").mx("example.com", "mail.example.com");
  world.a("mail.example.com", "198.18.0.2").a("mail.example.com", "2001:dba::2");
  world.txt("_spf.example.net", "v=spf1 ip4:198.18.7.0/24 -all").mx("_spf.example.net", "mail.example.com");
  world.txt("everyone.example.net", "v=spf1 +all").txt("nobody-said.example.net", "v=spf1 ip4:198.18.8.1");
  world.a("nothing.example.net", "198.18.0.3");
  world.txt("none.example.net", "v=spf1 -all").txt("large.example.net", "v=spf1 a a:x.example.net mx ptr a:mail.example.com");
  world.a("large.example.net", "198.18.0.4").mx("large.example.net", "mail.example.com").txt("why.example.com", "%{i} may not");
  // As if all names below it had an address.
  for (const std::string& label : lint::probe_labels(0)) world.a(label + ".wild.example.net", "127.0.0.2");
  for (int i = 0; i < 11; ++i) world.mx("many.example.net", "mail.example.com");
  return world;
}
inline World world_with(std::string_view record) { return world().txt("example.com", std::string(record)); }

struct Examination {
  lint::Report report;
  std::vector<std::size_t> rounds;  // questions

  [[nodiscard]] const lint::Finding* find(std::string_view id) const {
    const auto found = std::ranges::find(report.findings, id, [](const lint::Finding& finding) { return finding.kind->id; });
    return found == report.findings.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool has(std::string_view id) const { return find(id) != nullptr; }
  [[nodiscard]] std::set<std::string> ids() const {
    std::set<std::string> ids;
    for (const lint::Finding& finding : report.findings) ids.emplace(finding.kind->id);
    return ids;
  }
};

inline Examination examine(const World& world, const lint::Subject& subject) {
  support::KnownAnswers known;
  Examination out;
  for (;;) {
    const spf::Needs needs = lint::examine(subject, known, out.report);
    if (needs.empty()) return out;
    out.rounds.push_back(needs.needed.size());
    for (const dns::Question& question : needs.needed) {
      if (known.has(question)) throw std::logic_error("a question was asked twice");
      known.add(question, world.answer(question));
    }
  }
}

inline Examination examine(const World& world, std::string_view domain = "example.com", const lint::Limits& limits = {}) {
  return examine(world, {.domain = dns::Name::parse(domain).value(), .limits = limits});
}

// A name from the message or fix of the first finding of that id, for messages of failing tests.
inline std::string described(const Examination& got, std::string_view id) {
  const lint::Finding* const finding = got.find(id);
  return finding == nullptr ? std::string() : finding->message + ". " + finding->fix;
}

// A record of example.com in world(), or several of them with "|" between.
struct Pair {
  std::string_view id;
  std::string_view faulty;
  std::string_view sound;
  lint::Severity severity = lint::Severity::error;
  std::string_view says = {};  // in message or fix of the faulty one
};

inline Examination examine_all(std::string_view records) {
  World all = world();
  for (std::size_t from = 0; from <= records.size();) {
    const auto to = std::min(records.find('|', from), records.size());
    all.txt("example.com", std::string(records.substr(from, to - from)));
    from = to + 1;
  }
  return examine(all);
}

// Checks that each faulty record has the finding, and the sound one has not.
inline void check_pairs(const std::vector<Pair>& pairs) {
  for (const Pair& pair : pairs) {
    CAPTURE(pair.id);
    CAPTURE(pair.faulty);
    const Examination faulty = examine_all(pair.faulty);
    const lint::Finding* const finding = faulty.find(pair.id);
    CHECK(finding != nullptr);
    if (finding == nullptr) continue;
    CHECK(finding->severity == pair.severity);
    const std::string text = described(faulty, pair.id);
    CAPTURE(text);
    CHECK(text.find(pair.says) != std::string::npos);
    CAPTURE(pair.sound);
    const Examination sound = examine_all(pair.sound);
    const std::string false_alarm = described(sound, pair.id);
    CAPTURE(false_alarm);
    CHECK_FALSE(sound.has(pair.id));
  }
}

}  // namespace lint_test
