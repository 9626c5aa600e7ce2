#include "common/io/name_server.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "common/io/machine_name.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

template <>
struct doctest::StringMaker<io::NameServer> {
  static String convert(const io::NameServer& server) { return io::name_server_text(server).c_str(); }
};

TEST_CASE("name servers: their addresses") {
  const auto text = [](std::string_view from) -> std::string {
    const auto server = io::parse_name_server(from);
    return server ? server->address.text() + " " + std::to_string(server->port) : server.error();
  };
  CHECK(text("192.0.2.1") == "192.0.2.1 53");
  CHECK(text("192.0.2.1:5353") == "192.0.2.1 5353");
  CHECK(text("2001:db8::1") == "2001:db8::1 53");
  CHECK(text("[2001:db8::1]") == "2001:db8::1 53");
  CHECK(text("[2001:db8::1]:5353") == "2001:db8::1 5353");
  CHECK(text("") == "not an IP address: ");
  CHECK(text("dns.example") == "not an IP address: dns.example");
  CHECK(text("dns.\nexample") == "not an IP address: dns.\\x0aexample");
  CHECK(text("192.0.2.1:") == "not a port: ");
  CHECK(text("192.0.2.1:0") == "not a port: 0");
  CHECK(text("192.0.2.1:65536") == "not a port: 65536");
  CHECK(text("[2001:db8::1") == "']' is missing");
  CHECK(text("[2001:db8::1]53") == "':' is missing after ']'");
  CHECK(text("[2001:db8::1]:") == "not a port: ");
  CHECK_FALSE(io::system_name_servers().empty());
}

TEST_CASE("name servers: a link-local address needs an interface (RFC 4007), as in resolv.conf") {
  const auto server = io::parse_name_server("fe80::1%lo");
  REQUIRE(server.ok());
  CHECK(server->address.text() == "fe80::1");
  CHECK(server->scope == 1);
  CHECK(io::name_server_text(*server) == "[fe80::1%lo]:53");
  const auto with_port = io::parse_name_server("[fe80::1%lo]:5353");
  REQUIRE(with_port.ok());
  CHECK(with_port->port == 5353);
  CHECK(with_port->scope == 1);
  CHECK(io::parse_name_server("fe80::1%1")->scope == 1);
  CHECK(*io::parse_name_server(io::name_server_text(*with_port)) == *with_port);
  const auto problem = [](std::string_view from) -> std::string {
    const auto parsed = io::parse_name_server(from);
    return parsed ? "" : parsed.error();
  };
  CHECK(problem("fe80::1%nowhere0") == "no such interface: nowhere0");
  CHECK(problem("fe80::1%") == "no such interface: ");
  CHECK(problem("fe80::1%0") == "no such interface: 0");
  CHECK(problem("192.0.2.1%lo") == "not an IP address: 192.0.2.1%lo");
  for (const std::string_view text : {"fe80::1", "[FE80::1]:5353", "febf::1"})
    CHECK(problem(text) == std::string(text) + " is a link-local address, which needs its interface (fe80::1%eth0)");
  CHECK(problem("fec0::1").empty());
}

TEST_CASE("the full name of a machine is the first one of a line of /etc/hosts that begins with it") {
  const std::string_view hosts =
      "127.0.0.1 localhost mx.alias.example\n# 192.0.2.1 mx.comment.example\n\n \t\n192.0.2.1\n192.0.2.1 mx2.example mx\r\n"
      "192.0.2.2\t mx.first.example\tmx # mx.second.example\n192.0.2.3 mx.third.example\n192.0.2.4 db.example#x";
  CHECK(io::full_name("mx", hosts) == "mx.first.example");
  CHECK(io::full_name("db", hosts) == "db.example");
  CHECK(io::full_name("mx2", hosts) == "mx2.example");
  CHECK(io::full_name("none", hosts) == "none");
  CHECK(io::full_name("mx", "") == "mx");
}

TEST_CASE("name servers: the text of an address parses to the same address") {
  for (const char* const text : {"192.0.2.1:53", "192.0.2.1:5353", "[2001:db8::1]:53", "[2001:db8::1]:5353"}) {
    const auto server = io::parse_name_server(text);
    REQUIRE(server.ok());
    CHECK(io::name_server_text(*server) == text);
  }
}

TEST_CASE("name servers: a resolv.conf that is rewritten, replaced, removed or created is noticed once") {
  const support::TempFolder folder;
  const std::string path = folder / "resolv.conf";
  const auto write = [](const std::string& to, std::string_view text) { std::ofstream(to) << text; };
  io::ResolvConfWatch watch(path);
  CHECK_FALSE(watch.has_changed());
  write(path, "");
  CHECK(watch.has_changed());
  CHECK_FALSE(watch.has_changed());
  write(path, "nameserver 192.0.2.1\n");
  CHECK(watch.has_changed());
  CHECK_FALSE(watch.has_changed());
  write(folder / "new", "nameserver 192.0.2.2\n");  // of the same size
  std::filesystem::rename(folder / "new", path);
  CHECK(watch.has_changed());
  CHECK_FALSE(watch.has_changed());
  std::filesystem::remove(path);
  CHECK(watch.has_changed());
  CHECK_FALSE(watch.has_changed());
}
