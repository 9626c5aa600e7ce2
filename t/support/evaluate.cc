#include "t/support/evaluate.h"

#include <stdexcept>

#include "t/support/known_answers.h"
#include "t/support/single.h"

namespace support {

dns::Answer& World::at(std::string_view name, dns::Type type) {
  const auto parsed = dns::Name::parse(name);
  if (!parsed) throw std::invalid_argument("not a name: " + std::string(name));
  dns::Answer& answer = names_[std::string(parsed->text())][type];
  answer.ttl = 300;
  return answer;
}

World& World::txt(std::string_view name, std::string text) {
  at(name, dns::Type::txt).texts.push_back(std::move(text));
  return *this;
}

World& World::a(std::string_view name, std::string_view address) {
  const auto parsed = base::IpAddress::parse(address);
  if (!parsed) throw std::invalid_argument("not an address: " + std::string(address));
  at(name, parsed->is_v6() ? dns::Type::aaaa : dns::Type::a).addresses.push_back(*parsed);
  return *this;
}

World& World::mx(std::string_view name, std::string host) {
  at(name, dns::Type::mx).names.push_back(std::move(host));
  return *this;
}

World& World::strings(std::string_view name, const std::vector<std::string>& parts) {
  dns::JoinedText joined;
  for (const std::string& part : parts) joined.add(part);
  at(name, dns::Type::txt).add_text(std::move(joined));
  return *this;
}

World& World::ptr(std::string_view client, std::string name) {
  at(base::IpAddress::parse(client).value().reverse_name(), dns::Type::ptr).names.push_back(std::move(name));
  return *this;
}

World& World::failure(std::string_view name, dns::Type type, std::string problem) {
  at(name, type) = dns::failure_answer(std::move(problem));
  return *this;
}

dns::Answer World::answer(const dns::Question& question) const {
  dns::Answer nothing;
  nothing.ttl = 60;
  const auto node = names_.find(question.name.text());
  if (node == names_.end()) {
    nothing.status = dns::Status::name_error;
    return nothing;
  }
  const auto found = node->second.find(question.type);
  return found == node->second.end() ? nothing : found->second;
}

std::size_t Run::questions() const {
  std::size_t sum = 0;
  for (const auto& round : rounds) sum += round.size();
  return sum;
}

Run run(const spf::Query& query, const World& world, const spf::Settings& settings) {
  return run(
      query, [&world](const dns::Question& question) { return world.answer(question); }, settings);
}

Run run(const spf::Query& query, const std::function<dns::Answer(const dns::Question&)>& ask, const spf::Settings& settings) {
  KnownAnswers known;
  Run out;
  for (;;) {
    support::Evaluation evaluation = support::evaluate(query, settings, known);
    if (evaluation.verdict) {
      out.verdict = std::move(*evaluation.verdict);
      return out;
    }
    if (evaluation.needs.needed.empty()) throw std::logic_error("neither verdict nor needs");
    std::vector<dns::Question> round = evaluation.needs.needed;
    round.insert(round.end(), evaluation.needs.wanted.begin(), evaluation.needs.wanted.end());
    for (const auto& question : round) known.add(question, ask(question));
    out.rounds.push_back(std::move(round));
  }
}

}  // namespace support
