// Tokens of why-url, and what a visitor of its page sends. Input: a line that is read as a token, as parameters, as a published
// record for the form and as Accept-Language; then the facts of a token that is written, read, and changed.
#include <algorithm>
#include <string>
#include <string_view>

#include "common/base/base64url.h"
#include "common/base/text.h"
#include "common/spf/record.h"
#include "common/token/token.h"
#include "spfweb/language.h"
#include "spfweb/recipe.h"
#include "spfweb/why_page.h"
#include "t/fuzz/target.h"

namespace {

constexpr std::uint64_t kNow = 29'000'000;  // minutes

const token::Keys& keys() {
  static const token::Keys made = *token::Keys::make({"new key", "old key"});
  return made;
}

void check_page(std::string_view query) {
  const spfweb::Parameters parameters(query);
  const spfweb::Parameters again(parameters.without(""));
  for (const char* name : {"s", "id", "ip", "net", "domain"}) {
    fuzz::check(again.value(name) == parameters.value(name), "parameters that are written again are the same");
    const std::string html = spfweb::Html().show(parameters.value(name)).text();
    for (const char c : html.substr(5, html.size() - 11)) {
      fuzz::check(c != '<' && c != '>' && c != '"' && c != '\'' && static_cast<unsigned char>(c) >= 0x20, "a value stays text");
    }
    fuzz::check(base::is_utf8(html), "and is UTF-8");
  }
  const spfweb::Claim claim = spfweb::Claim::read(parameters);
  const spfweb::View view{.host = "mx.example.org", .prefix = "", .path = "/why", .parameters = parameters};
  fuzz::check(spfweb::claim_page(view, claim, {}, {}).find("<script>") == std::string::npos, "no markup of strangers");
  const spfweb::MadeRecord made = spfweb::make_record(spfweb::Recipe::read(parameters));
  if (made.problems.empty()) fuzz::check(spf::parse_record(made.text).ok(), "a record that is made is valid");
  const spfweb::MadeRecord again_made = spfweb::make_record(spfweb::Filled::from(query).recipe);
  if (again_made.problems.empty())
    fuzz::check(spf::parse_record(again_made.text).ok(), "so is one from a form that is filled in");
  const spfweb::Language language = spfweb::preferred_language(query);
  fuzz::check(spfweb::language_of(spfweb::language_code(language)) == language, "there is always a language");
}

std::string name_of(std::string_view text) {
  std::string name(text.substr(0, 253));
  std::replace(name.begin(), name.end(), '\0', '.');
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cutter input(data, size);
  const std::string_view given = input.line();
  fuzz::check(!keys().read(given, kNow).ok(), "nobody can guess a token");
  check_page(given);
  if (const auto bytes = base::bytes_of_base64url(given)) fuzz::check(base::base64url(*bytes) == given, "one text per token");

  token::Facts facts;
  facts.minute = kNow - input.byte();
  const auto choice = input.byte();
  facts.identity = (choice & 1) != 0 ? spf::Identity::helo : spf::Identity::mailfrom;
  std::array<std::uint8_t, 16> address{};
  for (std::uint8_t& byte : address) byte = input.byte();
  facts.client = (choice & 2) != 0 ? base::IpAddress::v6(address) : base::IpAddress::v4({1, 2, 3, address[0]});
  facts.result = static_cast<spf::Result>(choice / 4 % spf::kResults);
  facts.cause = static_cast<token::Cause>(choice / 32 % token::kCauses);
  facts.domain = name_of(input.line());
  facts.helo = name_of(input.line());
  const std::string_view local = input.line();
  const std::string text = keys().write(facts, local);
  fuzz::check(text.size() <= token::kMaxToken, "the size of a token is bounded");
  if (text.empty()) return 0;
  const auto read = keys().read(text, kNow);
  fuzz::check(read.ok(), "a token can be read");
  if (read->helo.empty()) facts.helo.clear();
  fuzz::check(static_cast<const token::Facts&>(*read) == facts, "a token carries the facts");
  fuzz::check(keys().is_for(*read, local), "and the local part");
  std::string changed = text;
  changed[choice % changed.size()] ^= 1;
  fuzz::check(!keys().read(changed, kNow).ok(), "a changed token is refused");
  return 0;
}
