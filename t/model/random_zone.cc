#include "t/model/random_zone.h"

#include <fmt/core.h>

#include "common/base/printable.h"

namespace model {

namespace {

using Strings = std::vector<std::string>;

const Strings kDomains = {"a.test", "b.test", "c.test", "d.test", "x.a.test", "y.a.test", "x.b.test", "mail.test"};
const Strings kHosts = {"a.test", "x.a.test", "x.b.test", "mail.test", "h1.test", "h2.test", "h3.a.test", "none.test"};
const Strings kTexts = {"e.test", "e.a.test", "x.a.test", "none.test"};
const Strings kClients = {"192.0.2.1",   "192.0.2.2",   "192.0.2.130",   "198.51.100.7",
                          "2001:db8::1", "2001:db8::2", "2001:db8:1::9", "::1"};
const Strings kLocalParts = {"x", "y", "x", "a", "x-y", "b.x", "x+tag", "Upper.X", "postmaster", "a_b=c", "f%oo", "A B"};

std::string with_any_case(Random& random, std::string text) {
  if (random.chance(90)) return text;
  for (char& c : text) {
    if (c >= 'a' && c <= 'z' && random.chance(50)) c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string random_macro(Random& random, bool in_explanation) {
  if (random.chance(6)) return random.pick(Strings{"%%", "%_", "%-"});
  if (random.chance(1))
    return random.pick(Strings{"%", "%{", "%{}", "%{x}", "%(d)", "%{d", "%{d0}", "%{d.x}", "%{rd}", "%{dr2}", "%{d|}"});
  const std::string letters = in_explanation || random.chance(1) ? "slodiphvcrtp" : "slodihvldppd";
  std::string out = "%{";
  char letter = letters[random.below(letters.size())];
  if (random.chance(5)) letter = static_cast<char>(letter - 'a' + 'A');
  out += letter;
  if (random.chance(30)) out += random.pick(Strings{"1", "2", "3", "01", "10", "127", "4294967297", "99999999999999999999"});
  if (random.chance(30)) out += random.chance(90) ? 'r' : 'R';
  while (random.chance(20)) out += random.pick(Strings{".", "-", "+", ",", "/", "_", "="});
  return out + "}";
}

std::string random_domain_spec(Random& random, const Strings& names, std::size_t plain_percent = 65) {
  if (random.chance(plain_percent)) return with_any_case(random, random.pick(names)) + (random.chance(3) ? "." : "");
  if (random.chance(70)) {
    std::string out = random_macro(random, false);
    if (random.chance(25)) out += random.pick(Strings{".", "-", "x", ""}) + random_macro(random, false);
    if (random.chance(70)) out += "." + (random.chance(50) ? random_macro(random, false) : random.pick(names));
    return out;
  }
  return random.pick(
      Strings{"%{d}",
              "%{d1}",
              "%{o}",
              "x.%{d}",
              "%{l}.%{d}",
              "%{h}",
              "%{p}",
              "%{i}.%{d2}",
              "%{ir}.x.%{d}",
              "x..a.test",
              ".a.test",
              "x.%{l}",
              "x.%{h}",
              "%{l}.a.test",
              "x.%{l}.a.test",
              "%{h}.%{o}.test",
              "%{l}..a.test",
              "%{l}%{l}%{l}%{l}.b.test",
              "%{s}.x.a.test",
              "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi%{l}.a.test",
              "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl%{l}.a.test",
              "%{l}.%{h}",
              "%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.a.test",
              "%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{d}",
              "a-b.test",
              "foo:bar/baz.a.test",
              "a%%b.test",
              "a%_b.a.test",
              "%{d}/24.test"});
}

// Syntax errors, and valid terms that resemble errors.
std::string random_oddity(Random& random) {
  return random.pick(Strings{"moo",
                             "-all.",
                             "all:x",
                             "+redirect=a.test",
                             "include",
                             "include:",
                             "include:a.test/24",
                             "a:/24",
                             "a/33",
                             "a//129",
                             "a/24/64",
                             "a/024",
                             "a/08",
                             "mx//064",
                             "a:test",
                             "a:a.-test",
                             "a:a.test:80",
                             "a:192.0.2.1",
                             "mx:",
                             "ptr/0",
                             "ptr:",
                             "exists",
                             "exists:",
                             "ip4",
                             "ip4:192.0.2",
                             "ip4:192.0.2.1/33",
                             "ip4:192.0.2.01",
                             "ip4:192.0.2.1//24",
                             "ip6:",
                             "ip6:::1/129",
                             "ip6:1.2.3.4",
                             "ip4:::1",
                             "ip6:2001:db8::1::2",
                             "redirect=",
                             "exp=",
                             "exp=x",
                             "=all",
                             "1up=foo",
                             "foo=%{z}",
                             "foo=%",
                             "a:b.test\tmx",
                             "a:b\x01.test",
                             "\200a",
                             "a:\xc3\xa4.test",
                             "redirect=a.test/24",
                             "?",
                             "-",
                             ":",
                             "/",
                             "mx=a.test",
                             "all=%{c}",
                             "foo.bar_x-y=a:/=",
                             "a:%{d}/24//64",
                             "a:x%{d}/24",
                             "a:%{a}.test",
                             "ip6:::ffff:192.0.2.1/0"});
}

std::string random_cidr(Random& random) {
  std::string out;
  if (random.chance(12)) out += random.pick(Strings{"/0", "/24", "/25", "/31", "/32", "/8"});
  if (random.chance(12)) out += random.pick(Strings{"//0", "//64", "//48", "//127", "//128", "//1"});
  return out;
}

std::string random_directive(Random& random) {
  std::string out = random.pick(Strings{"", "", "", "", "+", "-", "-", "~", "?"});
  const auto with = [&](const std::string& name, std::size_t percent) {
    return with_any_case(random, name) + (random.chance(percent) ? ":" + random_domain_spec(random, kDomains) : "");
  };
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3: return out + with_any_case(random, "include") + ":" + random_domain_spec(random, kDomains, 75);
    case 4:
    case 5:
    case 6: return out + with("a", 70) + random_cidr(random);
    case 7:
    case 8:
    case 9: return out + with("mx", 70) + random_cidr(random);
    case 10: return out + with("ptr", 60);
    case 11:
    case 12: return out + with("exists", 100);
    case 13:
      return out + "ip4:" + random.pick(Strings{"192.0.2.1", "192.0.2.128", "198.51.100.0", "0.0.0.0"}) +
             random.pick(Strings{"", "", "/24", "/25", "/32", "/0"});
    case 14:
      return out + "ip6:" + random.pick(Strings{"2001:db8::", "2001:DB8::1", "::", "::ffff:192.0.2.1", "2001:db8:1:0::0.0.0.9"}) +
             random.pick(Strings{"", "", "/32", "/33", "/64", "/128", "/0"});
    default: return random.chance(30) ? out + with_any_case(random, "all") : out + with("a", 90);
  }
}

std::uint32_t random_ttl(Random& random) { return random.chance(3) ? 0 : static_cast<std::uint32_t>(1 + random.below(5000)); }

std::vector<base::IpAddress> random_addresses(Random& random, bool v6) {
  std::vector<base::IpAddress> out;
  for (std::size_t count = random.below(4); count > 0; --count) {
    const auto address = base::IpAddress::parse(random.pick(kClients));
    if (address && address->is_v6() == v6) out.push_back(*address);
  }
  return out;
}

Strings random_hosts(Random& random, std::size_t around_limit_percent) {
  Strings out;
  const std::size_t count = random.chance(around_limit_percent) ? 9 + random.below(4) : random.below(4);
  while (out.size() < count) out.push_back(random.chance(4) ? random.pick(Strings{"", "?", "localhost"}) : random.pick(kHosts));
  return out;
}

dns::Answer random_answer(Random& random, dns::Type type) {
  dns::Answer out;
  if (random.chance(3)) {
    out = dns::failure_answer(random.chance(50) ? "SERVFAIL" : "timed out");
    out.ttl = random_ttl(random);
    return out;
  }
  out.ttl = random_ttl(random);
  switch (type) {
    case dns::Type::a: out.addresses = random_addresses(random, false); break;
    case dns::Type::aaaa: out.addresses = random_addresses(random, true); break;
    case dns::Type::mx: out.names = random_hosts(random, 6); break;
    case dns::Type::ns:
    case dns::Type::ptr: out.names = random_hosts(random, 10); break;
    case dns::Type::spf:
    case dns::Type::txt: break;
  }
  return out;
}

}  // namespace

std::string random_record(Random& random) {
  Strings terms;
  for (std::size_t count = random.chance(10) ? 8 + random.below(8) : random.below(6); count > 0; --count) {
    terms.push_back(random.chance(1) ? random_oddity(random) : random_directive(random));
  }
  if (random.chance(50)) terms.push_back(random.pick(Strings{"-all", "-all", "-all", "~all", "?all", "+all", "all"}));
  if (random.chance(25))
    terms.insert(terms.begin() + static_cast<std::ptrdiff_t>(random.below(terms.size() + 1)),
                 with_any_case(random, "redirect") + "=" + random_domain_spec(random, kDomains, 85));
  if (random.chance(40))
    terms.insert(terms.begin() + static_cast<std::ptrdiff_t>(random.below(terms.size() + 1)),
                 with_any_case(random, "exp") + "=" + random_domain_spec(random, kTexts));
  if (random.chance(3))
    terms.push_back(random.pick(Strings{"foo=bar", "x.y-z_1=%{c}%{t}", "foo=", "redirect=a.test", "exp=e.test"}));
  std::string out = random.chance(97)
                        ? "v=spf1"
                        : random.pick(Strings{"V=SPF1", "v=spf10", "v=spf1\t", "v=spf2.0/mfrom", "spf2.0/pra", " v=spf1"});
  for (const std::string& term : terms) out += (random.chance(98) ? " " : "   ") + term;
  if (random.chance(3)) out += "  ";
  return out;
}

std::string random_explanation(Random& random) {
  if (random.chance(5))
    return random.pick(Strings{"", " ", "\xc3\xa4", "line\r\nbreak", "100%", "%{x}", "tab\there", "v=spf1 -all"});
  std::string out = "Because";
  for (std::size_t count = random.below(4); count > 0; --count) out += " " + random_macro(random, true);
  return out;
}

// Names around the maximal length, so that the cut at 253 characters is tested from both sides.
std::string long_name(Random& random) {
  std::string out;
  const std::size_t size = 248 + random.below(8);
  while (out.size() < size) out += out.size() % 48 == 40 ? '.' : static_cast<char>('a' + out.size() % 7);
  return out;
}

Zone random_zone(Random& random) {
  Zone zone;
  Strings names = kDomains;
  for (const Strings& more : {kHosts, kTexts}) names.insert(names.end(), more.begin(), more.end());
  for (const std::string& name : names) {
    if (name == "none.test" || random.chance(3)) continue;
    Zone::Records& records = zone.at(name);
    for (const dns::Type type : {dns::Type::a, dns::Type::aaaa, dns::Type::mx}) {
      if (random.chance(70)) records[type] = random_answer(random, type);
    }
    dns::Answer text = random_answer(random, dns::Type::txt);
    if (text.status == dns::Status::ok) {
      const bool explains = name[0] == 'e';
      if (random.chance(97)) text.texts.push_back(explains ? random_explanation(random) : random_record(random));
      if (random.chance(2)) text.texts.push_back(random_record(random));
      if (random.chance(4)) text.texts.emplace(text.texts.begin(), random_explanation(random));
    }
    records[dns::Type::txt] = text;
  }
  for (const std::string& client : kClients) {
    if (random.chance(85))
      zone.at(base::IpAddress::parse(client)->reverse_name())[dns::Type::ptr] = random_answer(random, dns::Type::ptr);
  }
  return zone;
}

Sample random_sample(Random& random) {
  Sample out;
  out.client = *base::IpAddress::parse(random.pick(kClients));
  out.helo = random.pick(kHosts);
  if (random.chance(15)) {
    out.helo = random.pick(Strings{"", ".", "a.test.", "b.test..", "..", "[192.0.2.1]", "X.A.Test", "two words", "a\001b.test",
                                   "%{d}.test", "localhost", std::string(70, 'h') + ".test", "h\xc3\xa4.test",
                                   std::string(50, 'l') + "." + std::string(50, 'm') + "." + std::string(50, 'n') + ".a.test"});
  }
  if (random.chance(4)) out.helo = long_name(random);
  if (random.chance(10)) return out;
  std::string local = random.pick(kLocalParts);
  if (random.chance(10))
    local = random.pick(Strings{"", "\"a@b\"", "\xc3\xa4", std::string(80, 'q'), "..", "x.", ".x", "a\r\nb", "a\xff"});
  std::string domain = random.chance(70) ? "a.test" : random.pick(kDomains);
  if (random.chance(3))
    domain = random.pick(Strings{"A.Test", "a.test.", "test", "", "[192.0.2.1]", "x..test", "none.test", "b\xc3\xa4.test",
                                 "a.test..", "a b.test"});
  out.sender = random.chance(2) ? domain : local + "@" + domain;
  return out;
}

dns::Answer Zone::answer(const dns::Question& question) const {
  const auto name = names_.find(std::string(question.name.text()));
  if (name == names_.end()) {
    dns::Answer out;
    out.status = dns::Status::name_error;
    out.ttl = 900;
    return out;
  }
  const auto records = name->second.find(question.type);
  if (records != name->second.end()) return records->second;
  dns::Answer out;
  out.ttl = 800;
  return out;
}

std::string Zone::text() const {
  std::string out;
  for (const auto& [name, records] : names_) {
    for (const auto& [type, answer] : records) {
      out += fmt::format("  {:12} {:5} {:4}", name, dns::type_name(type), answer.ttl);
      if (answer.status == dns::Status::failure) out += "  " + answer.problem;
      for (const auto& address : answer.addresses) out += "  " + address.text();
      for (const auto& host : answer.names) out += "  " + (host.empty() ? "." : host);
      for (const auto& text : answer.texts) out += "  \"" + base::printable(text) + "\"";
      out += '\n';
    }
  }
  return out;
}

}  // namespace model
