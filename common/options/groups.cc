#include "common/options/groups.h"

#include <utility>

namespace options {

Problem read_explanation(spf::MacroString& target, const Values& values) {
  std::string text;
  if (auto problem = read_text(text, values)) return problem;
  auto parsed = spf::MacroString::parse(text, spf::MacroContext::explanation);
  if (!parsed) return parsed.error();
  target = std::move(*parsed);
  return {};
}

Problem read_name_servers(std::vector<io::NameServer>& target, const Values& values) {
  target.clear();
  for (const std::string& value : values) {
    const auto server = io::parse_name_server(value);
    if (!server) return server.error();
    target.push_back(*server);
  }
  return {};
}

Problem read_server_address(io::ServerAddress& target, const Values& values) {
  auto address = io::parse_server_address(values.back());
  if (!address) return address.error();
  target = std::move(*address);
  return {};
}

Values name_server_texts(const std::vector<io::NameServer>& servers) {
  Values texts;
  for (const io::NameServer& server : servers) texts.push_back(io::name_server_text(server));
  return texts;
}

Problem read_terms(std::optional<receiver::Terms>& target, const Values& values, bool with_auto) {
  auto terms = receiver::parse_terms(values, with_auto);
  if (!terms) return terms.error();
  target = std::move(*terms);
  return {};
}

Values term_texts(const std::optional<receiver::Terms>& terms) {
  Values texts;
  if (!terms) return texts;
  for (const receiver::Term& term : *terms)
    texts.emplace_back(term.is_recipient ? "auto" : term.record.text_of(term.record.directives.front()));
  return texts;
}

}  // namespace options
