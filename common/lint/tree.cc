#include "common/lint/tree.h"

#include <algorithm>
#include <string_view>

#include "common/lint/term_text.h"

namespace lint {

namespace {

class Numbering {
 public:
  explicit Numbering(Tree& tree) : tree_(tree), shown_(tree.records.size(), kNone) {}

  void add_record(std::size_t number, int depth) {
    const std::size_t line = tree_.lines.size() + 1;
    tree_.lines.push_back({.place = {number, kNone}, .depth = depth, .see = shown_[number]});
    if (shown_[number] != kNone) return;
    shown_[number] = line;
    for (std::size_t i = 0; i < tree_.records[number].terms.size(); ++i) {
      tree_.lines.push_back({.place = {number, i}, .depth = depth + 1});
      const std::size_t next = tree_.records[number].terms[i].leads_to;
      if (next != kNone) add_record(next, depth + 2);
    }
  }

 private:
  Tree& tree_;
  std::vector<std::size_t> shown_;
};

}  // namespace

std::size_t Tree::line_of(Place place) const {
  const auto found = std::ranges::find(lines, place, &Line::place);
  return found == lines.end() ? 0 : static_cast<std::size_t>(found - lines.begin()) + 1;
}

std::optional<dns::Name> constant_end(const spf::MacroString& spec) {
  std::string_view tail = after_macros(spec.text());
  if (tail.starts_with('.')) tail.remove_prefix(1);
  const auto name = dns::Name::parse(tail);
  return name && name->labels() > 1 ? name : std::nullopt;
}

bool leads_somewhere(const Tree& tree, const Term& term) {
  if (term.has_failed || term.is_personal) return true;
  if (term.is_nowhere) return false;
  if (term.leads_to != kNone) return tree.records[term.leads_to].get<Record::None>() == nullptr;
  return !term.asks_dns() || !term.is_void[Family::ipv4] || !term.is_void[Family::ipv6];
}

void number_lines(Tree& tree) {
  tree.lines.clear();
  Numbering(tree).add_record(0, 0);
}

}  // namespace lint
