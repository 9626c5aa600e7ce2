#include "common/lint/why_client.h"

#include <algorithm>
#include <string_view>

#include "common/base/text.h"
#include "common/dns/likely_zone.h"
#include "common/spf/evaluate.h"
#include "common/spf/expansion.h"

namespace lint {

namespace {

bool has(const dns::Answer* answer, const base::IpAddress& address) {
  return answer != nullptr && std::ranges::find(answer->addresses, address) != answer->addresses.end();
}

class Identification {
 public:
  Identification(const spf::Query& query, const spf::Limits& rules, const std::vector<dns::Name>& included,
                 WhyQuestions& questions)
      : query_(query), rules_(rules), included_(included), questions_(questions) {}

  Client run() {
    const std::vector<dns::Name> names = names_of_client();
    if (questions_.has_open() || names.empty()) return {};
    for (const dns::Name& name : names) {
      if (name.is_within(*query_.domain)) return {.kind = Client::Kind::own, .name = name, .domain = *query_.domain};
    }
    const dns::Name& name = names.front();
    const auto zone = dns::Name::parse(dns::likely_zone(name));
    if (!zone) return {};
    Client client{.kind = Client::Kind::other, .name = name, .domain = *zone};
    if (query_.domain->is_within(*zone)) {
      // Strangers may register below the same domain, so the names prove nothing.
      const bool receives = receives_mail(*zone);
      if (passes(*zone) || receives) client.kind = Client::Kind::own;
      return client;
    }
    const bool is_known =
        std::ranges::any_of(included_, [&](const dns::Name& other) { return dns::likely_zone(other) == zone->text(); });
    if (is_known) {
      client.kind = Client::Kind::known;
      find_record_of_provider(client);  // a record that it publishes for its customers
      return client;
    }
    client.receives_mail = receives_mail(*zone) || (name.parent().labels() > zone->labels() && receives_mail(name.parent()));
    if (client.receives_mail) {
      client.kind = Client::Kind::forwarder;
      return client;
    }
    if (!find_record_of_provider(client) && passes(*zone)) client.kind = Client::Kind::forwarder;
    return client;
  }

 private:
  // Returns the HELO name and the PTR names that lead back to the client (RFC 7208 §5.5). All are asked at once.
  std::vector<dns::Name> names_of_client() {
    std::vector<dns::Name> names;
    const auto add = [&](std::string_view text) {
      const auto name = spf::host_name(text);
      if (!name || !is_plain_name(*name) || std::ranges::find(names, *name) != names.end()) return;
      if (leads_back(*name)) names.push_back(*name);
    };
    const auto reverse = dns::Name::parse(query_.client.reverse_name());
    const dns::Answer* const answer = reverse ? questions_.ask(*reverse, dns::Type::ptr) : nullptr;
    if (answer != nullptr) {
      for (std::size_t i = 0; i < std::min(answer->names.size(), kMaxClientNames); ++i) add(answer->names[i]);
    }
    add(query_.helo);
    return names;
  }

  bool leads_back(const dns::Name& name) {
    return has(questions_.ask(name, query_.client.is_v6() ? dns::Type::aaaa : dns::Type::a), query_.client);
  }

  bool receives_mail(const dns::Name& domain) {
    const dns::Answer* const answer = questions_.ask(domain, dns::Type::mx);
    if (answer == nullptr) return false;
    bool receives = false;
    for (std::size_t i = 0; i < std::min(answer->names.size(), kMaxClientNames); ++i) {
      const auto host = spf::host_name(answer->names[i]);
      receives = (host && leads_back(*host)) || receives;
    }
    return receives;
  }

  // Providers publish the record for their customers under one of these names.
  bool find_record_of_provider(Client& client) {
    for (const std::string_view label : {"_spf.", "spf."}) {
      const auto name = dns::Name::parse(std::string(label) + std::string(client.domain.text()));
      if (!name || client.record || !passes(*name)) continue;
      client.kind = Client::Kind::provider;
      client.record = name;
    }
    return client.record.has_value();
  }

  bool passes(const dns::Name& domain) {
    spf::Query query = query_;
    query.domain = domain;
    spf::Settings settings;
    settings.limits = rules_;
    settings.explains = false;
    spf::Verdict verdict;
    spf::Needs needs = spf::evaluate(query, settings, questions_.answers(), verdict);
    const bool is_known = needs.empty();
    questions_.add(std::move(needs));
    return is_known && verdict.result == spf::Result::pass;
  }

  const spf::Query& query_;
  const spf::Limits& rules_;
  const std::vector<dns::Name>& included_;
  WhyQuestions& questions_;
};

}  // namespace

bool is_plain_name(const dns::Name& name) {
  return name.labels() > 1 &&
         std::ranges::all_of(name.text(), [](char c) { return base::is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

Client identify(const spf::Query& query, const spf::Limits& rules, const std::vector<dns::Name>& included,
                WhyQuestions& questions) {
  return Identification(query, rules, included, questions).run();
}

}  // namespace lint
