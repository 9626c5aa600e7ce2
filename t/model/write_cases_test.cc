// Writes random zones, each with a check and our verdict, as JSON lines, which other SPF checkers judge (t/differential). It is
// not a test and runs only on request, with CASES_FILE, SEED and ROUNDS in the environment.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "t/model/random_zone.h"
#include "t/model/rounds.h"
#include "t/support/evaluate.h"
#include "t/support/single.h"

namespace {

// Each byte becomes one character, so that all bytes survive. Readers encode to Latin-1 to get them back.
std::string json_string(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <class Items, class Show>
std::string joined(const Items& items, Show&& show) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ",") + show(item);
  return out;
}

// null: an error, [..]: the data
std::string json(const dns::Answer& answer) {
  if (answer.status == dns::Status::failure) return "null";
  std::string items = joined(answer.addresses, [](const base::IpAddress& address) { return json_string(address.text()); });
  items += joined(answer.names, [](const std::string& name) { return json_string(name); });
  items += joined(answer.texts, [](const std::string& text) { return json_string(text); });
  return '[' + items + ']';
}

std::string json(const model::Zone& zone) {
  return '{' +
         joined(zone.names(),
                [](const auto& name) {
                  return json_string(name.first) + ":{" +
                         joined(name.second,
                                [](const auto& records) {
                                  return json_string(dns::type_name(records.first)) + ':' + json(records.second);
                                }) +
                         '}';
                }) +
         '}';
}

}  // namespace

TEST_CASE("writes cases for other checkers" * doctest::skip()) {
  const char* path = std::getenv("CASES_FILE");
  REQUIRE(path != nullptr);
  std::ofstream out(path);
  const std::uint64_t first = model::from_environment("SEED", 1);
  for (std::uint64_t seed = first; seed < first + model::from_environment("ROUNDS", 1000); ++seed) {
    model::Random random(seed);
    const model::Zone zone = model::random_zone(random);
    const model::Sample sample = model::random_sample(random);
    const spf::Query query = sample.sender.empty() ? support::helo_query(sample.client, sample.helo)
                                                   : support::mailfrom_query(sample.client, sample.sender, sample.helo);
    spf::Settings settings;
    settings.default_explanation = *spf::MacroString::parse("DEFAULT", spf::MacroContext::explanation);
    settings.prefetch = spf::Prefetch::off;
    // Without the limit, more checks get to later terms. The peers use the same limit.
    if (random.chance(70)) settings.limits.void_lookups = 1000;
    std::set<std::string> texts;
    const auto verdict = support::run(
                             query,
                             [&](const dns::Question& question) {
                               dns::Answer answer = zone.answer(question);
                               texts.insert(answer.texts.begin(), answer.texts.end());
                               return answer;
                             },
                             settings)
                             .verdict;
    out << fmt::format(
        R"({{"id":{},"client":{},"sender":{},"helo":{},"void_limit":{},"zone":{},"texts":[{}],"result":{},"explanation":{},)"
        R"("why":{}}})"
        "\n",
        seed, json_string(sample.client.text()), json_string(sample.sender), json_string(sample.helo),
        settings.limits.void_lookups, json(zone), joined(texts, [](const std::string& text) { return json_string(text); }),
        json_string(spf::result_name(verdict.result)),
        json_string(verdict.authority_explanation.empty() ? verdict.default_explanation : verdict.authority_explanation),
        json_string(verdict.mechanism + (verdict.problem.empty() ? "" : ": ") + verdict.problem));
  }
  CHECK(out.good());
}
