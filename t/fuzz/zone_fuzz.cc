// Zone files. Input: the text of a file; those of its words that are names are then asked for.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <variant>

#include "common/dns/zone.h"
#include "t/fuzz/answer_checks.h"
#include "t/fuzz/target.h"

namespace {

constexpr std::array kTypes = {dns::Type::txt, dns::Type::a, dns::Type::aaaa, dns::Type::mx, dns::Type::ptr};
constexpr std::size_t kMaxNames = 24;

std::set<dns::Name> names_in(std::string_view text) {
  std::set<dns::Name> names;
  while (!text.empty() && names.size() < kMaxNames) {
    const auto end = text.find_first_of(" \t\r\n;()\"");
    const std::string word(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (word.empty()) continue;
    for (const std::string& variant : {word, "a." + word, "a.b." + word, word + ".example.com"}) {
      if (const auto name = dns::Name::parse(variant)) names.insert(*name);
    }
  }
  return names;
}

using Found = std::variant<dns::Answer, dns::Zone::Unknown>;

void check_found(const dns::Zone& zone, const dns::Question& question, const Found& found) {
  if (const auto* answer = std::get_if<dns::Answer>(&found)) {
    fuzz::check_answer(*answer, question.type);
    return;
  }
  const auto& unknown = std::get<dns::Zone::Unknown>(found).question;
  fuzz::check(unknown.type == question.type, "a CNAME does not change the type");
  const auto again = zone.find(unknown);
  const auto* still = std::get_if<dns::Zone::Unknown>(&again);
  fuzz::check(still != nullptr && still->question == unknown, "the zone has no answer to a question that it leaves to DNS");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  dns::Zone zone;
  const auto added = zone.add_file(text);
  if (!added) {
    fuzz::check(added.error().line >= 1 && added.error().line <= lines, "an error has a line of the file");
    fuzz::check(!added.error().message.empty(), "an error has a reason");
    fuzz::check(fuzz::is_printable(added.error().message), "an error message is printable");
    fuzz::check(zone.empty(), "at an error nothing is added");
    return 0;
  }
  fuzz::check(added->kept.size() == std::min(added->count, dns::ZoneNotes::kMaxKept), "the number of notes is bounded");
  for (const auto& note : added->kept) {
    fuzz::check(note.line >= 1 && note.line <= lines, "a note is about a line of the file");
    fuzz::check(fuzz::is_printable(note.message), "a note is printable");
  }
  dns::Zone twice = zone;
  fuzz::check(twice.add_file(text).ok(), "a file may be added twice");
  for (const dns::Name& name : names_in(text)) {
    for (const dns::Type type : kTypes) {
      const Found once = zone.find({name, type});
      check_found(zone, {name, type}, once);
      const auto again = twice.find({name, type});
      const auto* a = std::get_if<dns::Answer>(&once);
      const auto* b = std::get_if<dns::Answer>(&again);
      fuzz::check((a == nullptr) == (b == nullptr) && (a == nullptr || *a == *b), "duplicate records do not change the zone");
    }
  }
  return 0;
}
