// Checks of one SMTP client against a world, for the tests of check_host().
#pragma once

#include <string_view>

#include "common/spf/evaluate.h"
#include "t/support/evaluate.h"
#include "t/support/single.h"

namespace check_host {

using spf::Result;
using support::run;
using support::World;

inline spf::Query from(std::string_view client, std::string_view sender = "user@example.com",
                       std::string_view helo = "mail.example.com") {
  return support::mailfrom_query(*base::IpAddress::parse(client), sender, helo);
}

inline Result result(const World& world, std::string_view client = "192.0.2.1") {
  return run(from(client), world).verdict.result;
}

inline Result result_for(const World& world, std::string_view sender, std::string_view helo = "mail.example.com") {
  return run(from("192.0.2.1", sender, helo), world).verdict.result;
}

}  // namespace check_host
