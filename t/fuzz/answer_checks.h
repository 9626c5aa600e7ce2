// Invariants of every dns::Answer, from any source.
#pragma once

#include "common/dns/answer.h"
#include "t/fuzz/target.h"

namespace fuzz {

inline void check_names(const dns::Answer& answer) {
  for (const std::string& text : answer.names) {
    const auto name = dns::Name::parse(text);
    check(name && name->text() == text, "a host is a name in lower case, or \"?\"");
  }
}

inline void check_answer(const dns::Answer& answer, dns::Type type) {
  const bool wants_addresses = type == dns::Type::a || type == dns::Type::aaaa;
  const bool wants_names = type == dns::Type::mx || type == dns::Type::ptr || type == dns::Type::ns;
  check(wants_addresses || answer.addresses.empty(), "addresses answer A and AAAA only");
  if (answer.status == dns::Status::alias) {
    check(answer.names.size() == 1 && dns::Name::parse(answer.names[0]).has_value(), "an alias names what is to be asked");
  } else {
    check(wants_names || answer.names.empty(), "names answer MX, PTR and NS only");
  }
  check(type == dns::Type::txt || type == dns::Type::spf || answer.texts.empty(), "texts answer TXT and SPF only");
  if (const auto* borders = answer.borders.get()) {
    for (const dns::Border& border : *borders) {
      check(border.text < answer.texts.size() && border.at > 0 && border.at < answer.texts[border.text].size(),
            "a border is within a text");
    }
  }
  if (type == dns::Type::a) {
    for (const auto& address : answer.addresses) check(address.is_v4(), "A holds an IPv4 address");
  }
  check_names(answer);
  if (answer.status == dns::Status::name_error || answer.status == dns::Status::failure) {
    check(answer.addresses.empty() && answer.names.empty() && answer.texts.empty(), "an error has no records");
  }
  check(answer.problem.empty() == (answer.status != dns::Status::failure), "a failure has a reason, and nothing else has one");
  check(is_printable(answer.problem), "the reason of a failure is printable");
}

}  // namespace fuzz
