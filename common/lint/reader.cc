#include "common/lint/reader.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/dns/likely_zone.h"
#include "common/lint/term_text.h"
#include "common/spf/expansion.h"
#include "common/spf/macro.h"

namespace lint {

namespace {

constexpr std::size_t kMaxGaps = 50;

class Reader {
 public:
  Reader(const Subject& subject, spf::AnswerSource& answers, Tree& tree)
      : subject_(subject), limits_(subject.limits), probes_(probe_labels(subject.salt)), answers_(answers), tree_(tree) {}

  spf::Needs run(const dns::Name& domain) {
    constexpr std::size_t kUsual = 11;  // records that a check reaches at most
    tree_ = Tree();
    tree_.records.reserve(kUsual);
    for (const std::string& what : subject_.missing) add_gap(what);
    add_record(domain, 0);
    tree_.records.front().is_deciding = true;
    // Breadth first, so that the limits cut off the deepest records.
    for (std::size_t number = 0; number < tree_.records.size(); ++number) read_record(number);
    at_ = {};
    read_mx(domain);
    if (subject_.reads_site) {
      read_site(domain);
      find_unregistered();
      find_hosts_of_mx();
    }
    if (needs_.empty()) number_lines(tree_);
    return std::move(needs_);
  }

 private:
  // Returns the answer; null if it is not known yet, or will never be known.
  const dns::Answer* ask(const dns::Name& name, dns::Type type) {
    const spf::KnownAnswer* const known = ask_known(name, type);
    return known == nullptr ? nullptr : &known->answer;
  }

  const spf::KnownAnswer* ask_known(const dns::Name& name, dns::Type type) {
    dns::Question question{name, type};
    const bool is_new = !asked_.contains(question);
    if (is_new && asked_.size() >= limits_.questions) {
      add_gap(fmt::format("more than {} DNS questions: the others were not asked", limits_.questions));
      return nullptr;
    }
    const spf::KnownAnswer* const known = answers_.find(question);
    if (is_new) {
      asked_.insert(question);
      if (known == nullptr) needs_.needed.push_back(question);
    }
    if (known == nullptr || known->answer.status != dns::Status::failure) return known;
    if (is_new && tree_.failures.size() < kMaxGaps)
      tree_.failures.push_back({at_, question, base::printable(known->answer.problem), known->answer.cause});
    add_gap(fmt::format("{} {}: {}", dns::type_name(type), name.text(), base::printable(known->answer.problem)));
    return nullptr;
  }

  // Looks up the hosts and addresses that a term matches.
  const dns::Answer* ask_for(Term& term, const dns::Name& name, dns::Type type) {
    const dns::Answer* const answer = ask(name, type);
    if (answer == nullptr) term.has_failed = true;
    return answer;
  }

  void add_gap(std::string gap) {
    if (tree_.gaps.size() < kMaxGaps && std::ranges::find(tree_.gaps, gap) == tree_.gaps.end())
      tree_.gaps.push_back(std::move(gap));
  }

  // Returns the number of the record, or kNone if there is no room for another.
  std::size_t add_record(const dns::Name& domain, int depth) {
    const auto known = numbers_.find(domain);
    if (known != numbers_.end()) return known->second;
    if (depth > limits_.depth) return kNone;
    if (tree_.records.size() >= limits_.records) {
      add_gap(fmt::format("more than {} records: the others were not read", limits_.records));
      return kNone;
    }
    const std::size_t number = tree_.records.size();
    Record& record = tree_.records.emplace_back();
    record.domain = domain;
    record.depth = depth;
    numbers_.emplace(domain, number);
    return number;
  }

  void read_record(std::size_t number) {
    const dns::Name domain = tree_.records[number].domain;
    at_ = {number, kNone};
    const spf::KnownAnswer* const known = ask_known(domain, dns::Type::txt);
    Record& record = tree_.records[number];
    if (known == nullptr) return;  // Record::Unknown
    record.texts = known->answer.texts;
    record.cnames = answers_.cnames_to({domain, dns::Type::txt}, *known);
    record.ttl = known->answer.ttl;
    if (const auto* none = std::get_if<spf::NoRecord>(&known->record)) {
      record.state = Record::None{none->near_miss, !meetings(known->answer, false).empty(), is_missing(known)};
    } else if (const auto* several = std::get_if<spf::SeveralRecords>(&known->record)) {
      record.state = Record::Several{several->count};
    } else {
      const auto* const broken = std::get_if<spf::BrokenRecord>(&known->record);
      const std::string& text = broken != nullptr ? broken->text : std::get<spf::Record>(known->record).text;
      record.state = Record::Found{text, meetings(known->answer, true)};
      read_terms(number);
    }
  }

  // Returns the offsets at which the character-strings of records meet, or those directly after the version of other texts.
  static std::vector<std::size_t> meetings(const dns::Answer& answer, bool of_records) {
    constexpr std::string_view kVersion = "v=spf1";
    std::vector<std::size_t> out;
    const auto* const borders = answer.borders.get();
    if (borders == nullptr) return out;
    for (const dns::Border& border : *borders) {
      const std::string& text = answer.texts[border.text];
      const bool is_record = text.size() > kVersion.size() && text[kVersion.size()] == ' ';
      if (is_record == of_records && (is_record || border.at == kVersion.size())) out.push_back(border.at);
    }
    return out;
  }

  void read_terms(std::size_t number) {
    const std::size_t left = limits_.terms - terms_;
    std::vector<spf::Term> read = spf::read_terms(tree_.records[number].text(), left + 1);
    if (read.size() > left) {
      add_gap(fmt::format("more than {} terms: the others were not examined", limits_.terms));
      read.resize(left);
    }
    terms_ += read.size();
    std::vector<Term> terms(read.size());
    std::size_t redirect = kNone;
    std::size_t all = kNone;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      terms[i].read = std::move(read[i]);
      // In "- all" the sign belongs to the second word, which does not mean what it would mean alone.
      const bool has_sign_before = i > 0 && terms[i - 1].text().size() == 1 && !sign_of(terms[i - 1].text()).empty();
      if (has_sign_before && terms[i].is_directive() && base::is_alpha(terms[i].text().front())) {
        terms[i].read.problem = "a blank after its sign";
        terms[i].read.directive.reset();
      }
      if (terms[i].is(spf::Mechanism::all) && all == kNone) all = i;
      if (terms[i].is_redirect() && redirect == kNone) redirect = i;
    }
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const bool is_ignored = all != kNone && (i > all || terms[i].is_redirect());  // RFC 7208 §5.1
      at_ = {number, i};
      if (!is_ignored) look_up(terms[i], number);
    }
    Record& record = tree_.records[number];
    record.terms = std::move(terms);
    record.all = all;
    if (all == kNone) record.redirect = redirect;  // RFC 7208 §5.1
  }

  void look_up(Term& term, std::size_t number) {
    if (term.read.directive && !spf::asks_dns(term.read.directive->mechanism)) return add_network(term);
    if (term.read.kind == spf::Term::Kind::explanation && term.is_sound() && tree_.records[number].is_deciding)
      return look_up_explanation(term, number);
    if (!term.asks_dns()) return;
    set_target(term, tree_.records[number].domain);
    if (term.is_personal && term.is(spf::Mechanism::exists)) look_up_wildcard(term);
    if (!term.target) return;
    if (term.is_redirect()) return lead(term, number);
    switch (term.read.directive->mechanism) {
      case spf::Mechanism::include: return lead(term, number);
      case spf::Mechanism::a: return look_up_a(term);
      case spf::Mechanism::mx: return look_up_mx(term);
      case spf::Mechanism::exists: return look_up_exists(term);
      default: return;
    }
  }

  static void add_network(Term& term) {
    const spf::Directive& directive = *term.read.directive;
    if (directive.mechanism == spf::Mechanism::ip4) {
      term.networks[Family::ipv4].add(network_of(directive.network, directive.prefix4));
    } else if (directive.mechanism == spf::Mechanism::ip6) {
      term.networks[Family::ipv6].add(network_of(directive.network, directive.prefix6));
    }
  }

  // Sets the name that a term looks up (RFC 7208 §4.8).
  static void set_target(Term& term, const dns::Name& domain) {
    const bool has_default = term.read.directive && !term.is(spf::Mechanism::include);
    if (!term.read.domain_spec) {
      if (has_default) term.target = domain;
      return;
    }
    const spf::MacroString& spec = *term.read.domain_spec;
    term.is_personal = spec.is_personal();
    if (term.is_personal) {
      term.is_nowhere = !spec.can_be_name();
      return;
    }
    spf::MacroValues values;
    values.domain = domain.text();
    term.target = spec.expand_name(values);
    term.is_nowhere = !term.target;
  }

  void lead(Term& term, std::size_t number) {
    if (term.target->labels() < 2) {  // RFC 7208 §4.3
      term.is_nowhere = true;
      return;
    }
    term.leads_to = add_record(*term.target, tree_.records[number].depth + 1);
    if (term.is_redirect() && term.leads_to != kNone && tree_.records[number].is_deciding)
      tree_.records[term.leads_to].is_deciding = true;
  }

  // Looks up the addresses of an "a" (RFC 7208 §5.3).
  void look_up_a(Term& term) {
    for (const Family family : kFamilies) {
      const dns::Answer* const answer = ask_for(term, *term.target, address_type(family));
      if (answer == nullptr) continue;
      term.is_void[family] = answer->is_void();
      add_addresses(term, *answer, family);
    }
  }

  // Looks up the hosts of an "mx" and their addresses (RFC 7208 §5.4).
  void look_up_mx(Term& term) {
    const dns::Answer* const answer = ask_for(term, *term.target, dns::Type::mx);
    if (answer == nullptr) return;
    for (const Family family : kFamilies) term.is_void[family] = answer->is_void();
    term.hosts = answer->names;
    for (std::size_t i = 0; i < std::min<std::size_t>(term.hosts.size(), kMaxHosts); ++i) {
      const auto host = spf::host_name(term.hosts[i]);
      if (!host) continue;
      for (const Family family : kFamilies) {
        const dns::Answer* const addresses = ask_for(term, *host, address_type(family));
        if (addresses != nullptr) add_addresses(term, *addresses, family);
      }
    }
  }

  // Looks up the name of an "exists" (RFC 7208 §5.7).
  void look_up_exists(Term& term) {
    const dns::Answer* const answer = ask_for(term, *term.target, dns::Type::a);
    if (answer == nullptr) return;
    term.matches_all = !answer->addresses.empty();
    for (const Family family : kFamilies) term.is_void[family] = answer->is_void();
  }

  // Looks up names to which no client, sender or HELO name leads. They have addresses only if all names have one.
  void look_up_wildcard(Term& term) {
    const auto end = constant_end(*term.read.domain_spec);
    if (!end) return;
    int found = 0;
    for (const std::string& label : probes_) {
      const auto probe = dns::Name::parse(fmt::format("{}.{}", label, end->text()));
      const dns::Answer* const answer = probe ? ask(*probe, dns::Type::a) : nullptr;
      if (answer != nullptr && !answer->addresses.empty()) ++found;
    }
    term.is_wildcard = found == 2;
  }

  // Looks up the text of an exp (RFC 7208 §6.2).
  void look_up_explanation(Term& term, std::size_t number) {
    set_target(term, tree_.records[number].domain);
    if (!term.target) return;
    if (const dns::Answer* const answer = ask(*term.target, dns::Type::txt)) term.explanations = answer->texts;
  }

  static dns::Type address_type(Family family) { return family == Family::ipv4 ? dns::Type::a : dns::Type::aaaa; }

  void add_addresses(Term& term, const dns::Answer& answer, Family family) {
    const spf::Directive& directive = *term.read.directive;
    const int length = family == Family::ipv4 ? directive.prefix4 : directive.prefix6;
    for (const base::IpAddress& address : answer.addresses) {
      if (address.is_v4() != (family == Family::ipv4)) continue;
      if (addresses_ == limits_.addresses) {
        term.has_failed = true;
        return add_gap(fmt::format("more than {} addresses of hosts: the others were not examined", limits_.addresses));
      }
      ++addresses_;
      term.addresses.push_back(address);
      term.networks[family].add(network_of(address, length));
    }
  }

  void read_mx(const dns::Name& domain) {
    if (const dns::Answer* const answer = ask(domain, dns::Type::mx)) tree_.mx = answer->names;
  }

  // Does the same for names around the record: a failure is not reported, since no check asks for them.
  const spf::KnownAnswer* ask_aside(const dns::Name& name, dns::Type type) {
    const dns::Question question{name, type};
    const bool is_new = !asked_.contains(question);
    if (is_new && asked_.size() >= limits_.questions) return nullptr;
    const spf::KnownAnswer* const known = answers_.find(question);
    if (is_new) {
      asked_.insert(question);
      if (known == nullptr) needs_.needed.push_back(question);
    }
    return known == nullptr || known->answer.status == dns::Status::failure ? nullptr : known;
  }
  // Returns whether the name has an SPF record; nothing: not known.
  std::optional<bool> has_record(const dns::Name& name) {
    const spf::KnownAnswer* const known = ask_aside(name, dns::Type::txt);
    if (known == nullptr) return std::nullopt;
    return !std::holds_alternative<spf::NoRecord>(known->record);
  }
  std::optional<bool> has_record_below(std::string_view label, const dns::Name& domain) {
    const auto name = dns::Name::parse(fmt::format("{}.{}", label, domain.text()));
    return name ? has_record(*name) : std::nullopt;
  }

  void read_site(const dns::Name& domain) {
    Site& site = tree_.site;
    read_wildcard(domain);
    if (const spf::KnownAnswer* const old = ask_aside(domain, dns::Type::spf)) {
      for (const std::string& text : old->answer.texts) {
        if (base::starts_with_ignoring_case(text, "v=spf1")) site.old_type.push_back(text);
      }
    }
    read_ptr_names();
    if (tree_.root().get<Record::None>() != nullptr) {
      for (const std::string_view label : {"_spf", "www"}) {
        if (has_record_below(label, domain).value_or(false)) site.misplaced.push_back(fmt::format("{}.{}", label, domain.text()));
      }
    }
    if (subject_.helo) site.helo_has_record = has_record(*subject_.helo);
    if (tree_.root().is_found()) read_hosts();
    for (const dns::Name& name : subject_.subdomains) {
      if (!name.is_within(domain) || name == domain) continue;
      const std::optional<bool> is_covered = has_record(name);
      const spf::KnownAnswer* const mx = ask_aside(name, dns::Type::mx);
      const spf::KnownAnswer* const a = ask_aside(name, dns::Type::a);
      const bool has_mail = (mx != nullptr && !mx->answer.names.empty()) || (a != nullptr && !a->answer.addresses.empty());
      const bool is_new = std::ranges::find(site.bare, name.text()) == site.bare.end();  // the list may repeat a name
      if (is_covered == false && has_mail && is_new) site.bare.emplace_back(name.text());
      if (!is_covered) add_gap(fmt::format("TXT {}", name.text()));
    }
  }

  void read_wildcard(const dns::Name& domain) {
    const auto name = dns::Name::parse(fmt::format("{}.{}", probes_[0], domain.text()));
    const spf::KnownAnswer* const known = name ? ask_aside(*name, dns::Type::txt) : nullptr;
    if (known == nullptr) return;
    tree_.site.has_wildcard = !std::holds_alternative<spf::NoRecord>(known->record);
    if (is_missing(known)) tree_.site.negative_ttl = known->answer.ttl;
  }

  // Counts the names of the own addresses, if a record asks for them: only ptr and %{p} do (RFC 7208 §5.5).
  void read_ptr_names() {
    const bool is_asked = std::ranges::any_of(tree_.records, [](const Record& record) {
      return std::ranges::any_of(record.terms, [](const Term& term) {
        return term.is(spf::Mechanism::ptr) || (term.is_sound() && term.read.domain_spec && term.read.domain_spec->uses('p'));
      });
    });
    if (!is_asked) return;
    for (const base::IpAddress& address : subject_.own) {
      const auto name = dns::Name::parse(address.reverse_name());
      const spf::KnownAnswer* const known = name ? ask_aside(*name, dns::Type::ptr) : nullptr;
      if (known != nullptr) tree_.site.ptr_names.emplace_back(address, known->answer.names.size());
    }
  }

  void read_hosts() {
    for (const std::string& host : tree_.mx) add_host(spf::host_name(host));
    for (const Term& term : tree_.root().terms) {
      if (term.is(spf::Mechanism::a) && term.target) add_host(term.target);
      for (const std::string& host : term.hosts) add_host(spf::host_name(host));
    }
  }

  void add_host(const std::optional<dns::Name>& name) {
    constexpr std::size_t kMostHosts = 20;
    std::vector<Site::Host>& hosts = tree_.site.hosts;
    if (!name || hosts.size() == kMostHosts) return;
    if (std::ranges::any_of(hosts, [&](const Site::Host& known) { return known.name == name->text(); })) return;
    Site::Host& host = hosts.emplace_back();
    host.name = name->text();
    for (const Family family : kFamilies) {
      const spf::KnownAnswer* const known = ask_aside(*name, address_type(family));
      if (known != nullptr) host.addresses[family] = known->answer.addresses;
    }
  }

  // Returns whether a registry could accept the name: its first label is one of letters, digits and hyphens (RFC 5890 §2.3.1).
  static bool can_be_registered(const dns::Name& zone) {
    const std::string_view label = zone.text().substr(0, zone.text().find('.'));
    return std::ranges::all_of(label, [](char c) { return base::is_alphanumeric(c) || c == '-'; }) && !label.starts_with('-') &&
           !label.ends_with('-');
  }

  // Finds names whose domain is not registered: the domain that a registrant would have to register does not exist, although the
  // zone above it does.
  void find_unregistered() {
    const std::string_view own = dns::likely_zone(tree_.root().domain);
    for (Record& record : tree_.records) {
      for (Term& term : record.terms) {
        if (!term.target) continue;
        const auto zone = dns::Name::parse(dns::likely_zone(*term.target));
        if (!zone || zone->text() == own || zone->labels() < 2 || !can_be_registered(*zone)) continue;
        const bool is_mx = term.is(spf::Mechanism::mx);
        const spf::KnownAnswer* const known = answers_.find({*term.target, term.leads_to != kNone ? dns::Type::txt
                                                                           : is_mx                ? dns::Type::mx
                                                                                                  : dns::Type::a});
        if (!is_missing(known)) continue;
        term.is_unregistered = is_missing(ask_aside(*zone, dns::Type::a)) && exists(zone->parent());
      }
    }
  }

  // Finds terms such as "mx:mail.example.com" whose name is that of a host, which a: would match.
  void find_hosts_of_mx() {
    for (Term& term : tree_.records.front().terms) {
      if (!term.is(spf::Mechanism::mx) || !term.target || !term.is_void[Family::ipv4]) continue;
      const spf::KnownAnswer* const known = ask_aside(*term.target, dns::Type::a);
      term.is_host = known != nullptr && !known->answer.addresses.empty();
    }
  }

  static bool is_missing(const spf::KnownAnswer* known) {
    return known != nullptr && known->answer.status == dns::Status::name_error;
  }
  bool exists(const dns::Name& name) {
    const spf::KnownAnswer* const known = ask_aside(name, dns::Type::a);
    return known != nullptr && !is_missing(known);
  }

  // A term with more hosts is an error (RFC 7208 §4.6.4); this many are looked up nevertheless.
  static constexpr std::size_t kMaxHosts = 20;

  const Subject& subject_;
  const Limits& limits_;
  std::array<std::string, 2> probes_;
  spf::AnswerSource& answers_;
  Tree& tree_;
  spf::Needs needs_;
  std::unordered_set<dns::Question> asked_;
  std::unordered_map<dns::Name, std::size_t> numbers_;
  std::size_t terms_ = 0;
  std::size_t addresses_ = 0;
  Place at_;  // of the question that is asked
};

}  // namespace

std::array<std::string, 2> probe_labels(std::uint64_t salt) {
  return {fmt::format("s{:016x}", salt), fmt::format("t{:016x}", ~salt * 0x9e3779b97f4a7c15U)};
}

spf::Needs read_tree(const Subject& subject, spf::AnswerSource& answers, Tree& tree) {
  return Reader(subject, answers, tree).run(subject.domain);
}

}  // namespace lint
