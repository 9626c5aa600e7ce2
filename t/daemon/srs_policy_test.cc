// Which senders the built spfd rewrites, with which secrets, and the check of mail from and to rewritten addresses.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "t/daemon/srs_world.h"
#include "t/support/dns_server.h"
#include "t/support/milter_client.h"

namespace {

using srs_world::signed_address;
using srs_world::turned_back;
using srs_world::World;
using std::chrono::milliseconds;
using support::Client;
using support::SpfdProcess;
using support::TempFolder;

support::Finished start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--config", "/dev/null"});
  return support::run(support::program("spfd"), arguments);
}

// ---- secrets -------------------------------------------------------------------------------------------------------------

TEST_CASE("--new-srs-secret and --new-key make a file that only its owner may read, and never change an existing one") {
  const TempFolder folder;
  const std::string path = folder / "new";
  CHECK(start({"--new-srs-secret", path}).exit_code == EX_OK);
  const std::string key = folder / "key";
  CHECK(start({"--new-key", key}).exit_code == EX_OK);
  CHECK(support::slurp(key) != support::slurp(path));
  CHECK(start({"--why-url", "https://mx.test/{token}", "--why-key-file", key, "--check-config"}).exit_code == EX_OK);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600U);
  const std::string secret = support::slurp(path);
  CHECK(secret.size() == 33);
  const auto again = start({"--new-srs-secret", path});
  CHECK(again.exit_code == EX_CANTCREAT);
  CHECK(again.errors.find("File exists") != std::string::npos);
  CHECK(support::slurp(path) == secret);
  CHECK(start({"--srs", "unix:" + (folder / "s"), "--srs-secret-file", path, "--check-config"}).exit_code == EX_OK);
  if (::geteuid() != 0) return;
  CHECK(start({"--new-srs-secret", folder / "his", "--user", "nobody"}).exit_code == EX_OK);
  REQUIRE(::stat((folder / "his").c_str(), &status) == 0);
  CHECK(status.st_uid != 0);
}

TEST_CASE("spfd does not start without secrets, or with a file of secrets that others may read or change") {
  const TempFolder folder;
  const std::string socket = "unix:" + (folder / "s");
  const auto refused = [&](const std::vector<std::string>& arguments, int code, std::string_view text) {
    const auto finished = start(arguments);
    CAPTURE(finished.errors);
    CHECK(finished.exit_code == code);
    CHECK(finished.errors.find(text) != std::string::npos);
  };
  refused({"--srs", socket}, EX_CONFIG, "srs needs srs-secret-file");
  refused({"--srs", socket + ",map=sideways"}, EX_USAGE, "map is forward or reverse");
  refused({"--srs-unwrap"}, EX_CONFIG, "need srs-secret-file");
  refused({"--srs", socket, "--srs-secret-file", folder / "missing"}, EX_CONFIG, "No such file");
  for (const mode_t mode : {0644U, 0604U, 0660U, 0602U}) {
    refused({"--srs", socket, "--srs-secret-file", srs_world::write_secret(folder, "s\n", mode)}, EX_CONFIG,
            "lets others read or change the secrets");
  }
  refused({"--srs", socket, "--srs-secret-file", srs_world::write_secret(folder, "# none\n\n")}, EX_CONFIG, "there is no secret");
  const std::string good = srs_world::write_secret(folder, "s\n", 0640);
  refused({"--srs", socket, "--srs-secret-file", good, "--srs-unwrap"}, EX_CONFIG, "need srs-domain");
  refused({"--srs", socket, "--srs-secret-file", good, "--srs-hash-min=9"}, EX_CONFIG, "the minimum length of a hash");
  const auto with_short = start({"--srs", socket, "--srs-secret-file", good, "--check-config"});
  CHECK(with_short.exit_code == EX_OK);
  CHECK(with_short.errors.find("the secret that signs has 1 bytes; one of fewer than 16 may be guessed") != std::string::npos);
  const std::string longer = srs_world::write_secret(folder, "0123456789abcdef\n");
  CHECK(start({"--srs", socket, "--srs-secret-file", longer, "--check-config"}).errors.find("guessed") == std::string::npos);
}

TEST_CASE("SIGHUP reloads secrets and options, also for open connections; with a broken file the old ones stay") {
  const TempFolder folder;
  const std::string secret = srs_world::write_secret(folder, "old\n");
  const std::string text = "srs = [\"unix:" + (folder / "s") + "\"]\nsrs-secret-file = \"" + secret + "\"\n";
  const std::string config = folder.write("spfd.conf", text + "srs-domain = \"fwd.example\"\n");
  const SpfdProcess spfd({.arguments = {"--config", config}});
  Client client("unix:" + (folder / "s"));
  const auto ask = [&](const std::string& key) {
    REQUIRE(client.send("get " + key + "\n"));
    const std::string line = client.read_until('\n');
    return line.substr(0, line.size() - 1);
  };
  CHECK(turned_back(ask("joe@example.org").substr(4), "old") == "joe@example.org");

  folder.write("secret", "new\nold\n");
  spfd.signal(SIGHUP);
  support::wait_until("the new secret",
                      [&] { return turned_back(ask("joe@example.org").substr(4), "new") == "joe@example.org"; });

  folder.write("secret", "\n");
  spfd.signal(SIGHUP);
  spfd.wait_for_log("not reloaded, the old configuration stays in force: " + secret + ": there is no secret in the file");
  folder.write("secret", "public\n");
  REQUIRE(::chmod(secret.c_str(), 0644) == 0);
  spfd.signal(SIGHUP);
  spfd.wait_for_log(secret + ": mode 0644 lets others read");
  std::filesystem::remove(secret);
  spfd.signal(SIGHUP);
  spfd.wait_for_log(secret + ": cannot be read: No such file");
  CHECK(turned_back(ask("joe@example.org").substr(4), "new") == "joe@example.org");

  srs_world::write_secret(folder, "new\n");
  folder.write("spfd.conf", text + "srs-domain = \"fwd.example\"\nsrs-exclude = [\".example.org\", \"example.org\"]\n");
  spfd.signal(SIGHUP);
  support::wait_until("the exclusion", [&] { return ask("joe@example.org").starts_with("500 the sender's domain is excluded"); });
}

TEST_CASE("a reload during requests: each is answered, with the old or the new secret") {
  const World world;
  Client client(world.forward());
  for (int round = 0; round < 20; ++round) {
    std::string requests;
    for (int i = 0; i < 50; ++i) requests += "get joe@example.org\n";
    REQUIRE(client.send(requests));
    world.spfd().signal(SIGHUP);
    for (int i = 0; i < 50; ++i) REQUIRE(client.read_until('\n').starts_with("200 SRS0="));
  }
}

// ---- what is rewritten ---------------------------------------------------------------------------------------------------

TEST_CASE("options take effect: own domains, exclusions, rewriting domains, separator, hash length") {
  const std::vector<std::string> options = {
      "--srs-local-domains", "ours.example",       "--srs-local-domains", ".ours.example",
      "--srs-exclude",       "friend.example",     "--srs-domain-for",    "lists.example=bounces.lists.example",
      "--srs-separator=+",   "--srs-hash-length=8"};
  {
    const World world(options);
    CHECK(world.line("FORWARD joe@ours.example l@fwd.example") == "joe@ours.example\n");
    CHECK(world.line("FORWARD joe@sub.Ours.Example l@fwd.example") == "joe@sub.Ours.Example\n");
    CHECK(world.line("FORWARD joe@friend.example l@fwd.example") == "joe@friend.example\n");
    const std::string general = world.line("FORWARD joe@example.org l@elsewhere.example");
    CHECK(general.starts_with("SRS0+"));
    CHECK(general.find("=example.org=joe@fwd.example\n") == 5 + 8 + 1 + 2);
    const std::string list = world.line("FORWARD joe@example.org l@lists.example");
    CHECK(list.ends_with("=example.org=joe@bounces.lists.example\n"));
    CHECK(world.line("REVERSE " + list.substr(0, list.size() - 1)) == "joe@example.org\n");
  }
  std::vector<std::string> always = options;
  always.emplace_back("--srs-always-rewrite");
  const World world(always);
  CHECK(world.line("FORWARD joe@ours.example l@fwd.example").starts_with("SRS0+"));
  CHECK(world.line("FORWARD joe@friend.example l@fwd.example") == "joe@friend.example\n");
}

TEST_CASE("without a rewriting domain the alias determines it; if the protocol has no alias, nothing is rewritten") {
  const World world({}, "", false);
  CHECK(world.line("FORWARD joe@example.org l@alias.example").ends_with("@alias.example\n"));
  CHECK(world.talk(world.forward(), "get joe@example.org\n").starts_with("500 there is neither an alias"));
}

TEST_CASE("--srs-accept-exim reverses Exim's addresses; without it they do not verify") {
  // Signed long ago: the hash is right, the day is not.
  const std::string address = "SRS0=5fea=2w=otherdomain.com=test@fwd.example";
  CHECK(World({"--srs-accept-exim"}).line("REVERSE " + address).find("the day stamp") != std::string::npos);
  CHECK(World().line("REVERSE " + address) == "ERROR: the hash is wrong\n");
}

TEST_CASE("--srs-no-slash: hashes are written without a slash; hashes with one still verify") {
  const World world({"--srs-no-slash", "--srs-hash-length=27"});
  const World with({"--srs-hash-length=27"});
  for (int i = 0; i < 20; ++i) {
    const std::string sender = "u" + std::to_string(i) + "@example.org";
    const std::string address = world.line("FORWARD " + sender + " l@fwd.example");
    CHECK(address.find('/') == std::string::npos);
    CHECK(with.line("REVERSE " + address) == sender + "\n");
    CHECK(world.line("REVERSE " + with.line("FORWARD " + sender + " l@fwd.example")) == sender + "\n");
  }
}

TEST_CASE("--srs-on-fail: a sender that has failed SPF here is unchanged, so that the next hop sees it, or is rewritten") {
  const World world;
  for (const char* result : {"none", "neutral", "pass", "softfail", "temperror", "permerror", ""}) {
    CHECK(world.line("FORWARD joe@example.org l@fwd.example spf=" + std::string(result)).starts_with("SRS0="));
  }
  CHECK(world.line("FORWARD joe@example.org l@fwd.example spf=fail") == "joe@example.org\n");
  CHECK(world.line("FORWARD joe@fwd.example l@fwd.example spf=fail") == "joe@fwd.example\n");
  CHECK(world.line("FORWARD  l@fwd.example spf=fail") == "\n");
  CHECK(world.line("FORWARD joe l@fwd.example spf=fail").starts_with("ERROR: "));
  world.spfd().wait_for_log(
      "srs=forward reply=unchanged address=joe@example.org alias=l@fwd.example reason=\"the sender has failed SPF\"");
  CHECK(World({"--srs-on-fail=rewrite"}).line("FORWARD joe@example.org l@fwd.example spf=fail").starts_with("SRS0="));
  CHECK(start({"--srs-on-fail=drop", "--check-config"}).exit_code == EX_USAGE);
}

TEST_CASE("a configuration that is probably a mistake gets a warning, in --check-config and in the log") {
  const TempFolder folder;
  const std::vector<std::string> enough = {"--srs", "unix:" + (folder / "s"), "--srs-secret-file",
                                           srs_world::write_secret(folder, "0123456789abcdef\n")};
  const auto warnings = [&](const std::vector<std::string>& more) {
    auto arguments = enough;
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.emplace_back("--check-config");
    const auto finished = start(arguments);
    CHECK(finished.exit_code == EX_OK);
    return finished.errors;
  };
  CHECK(warnings({"--srs-domain=srs.example.org"}).empty());
  CHECK(warnings({"--srs-domain=localhost"}) ==
        "spfd: srs-domain: \"localhost\" has one label only, so bounces from other hosts will not come back\n");
  CHECK(warnings({"--srs-domain=localhost."}).find("has one label only") != std::string::npos);
  CHECK(warnings({"--srs-domain-for=example.org=bounces"}).find("srs-domain-for: \"bounces\" has one") != std::string::npos);
  for (const char* option : {"--on-fail=tag", "--dry-run"}) {
    CHECK(warnings({option}).starts_with("spfd: srs: mail that fails SPF may be accepted"));
    CHECK(warnings({option, "--srs-on-fail=rewrite"}).empty());
  }
  CHECK(warnings({"--on-fail=defer"}).empty());
  CHECK(start({"--on-fail=tag", "--check-config"}).errors.empty());
  const World world({"--on-fail=tag"});
  world.spfd().wait_for_log("warning: srs: mail that fails SPF may be accepted");
}

// ---- only what would fail ------------------------------------------------------------------------------------------------

constexpr std::string_view kZone = R"($TTL 300
pass.test TXT "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all"
half.test TXT "v=spf1 ip4:192.0.2.10 -all"
fail.test TXT "v=spf1 -all exp=why.fail.test"
soft.test TXT "v=spf1 ~all"
error.test TXT "v=spf1 nonsense"
none.test SOA a.test b.test 1 2 3 4 5
helo.test TXT "v=spf1 exists:%{h}.ok.test -all"
mx.example.org.ok.test A 127.0.0.2
)";

TEST_CASE("--srs-outgoing: a sender that passes SPF from all our addresses is unchanged, all others are rewritten") {
  const World world({"--srs-outgoing", "192.0.2.10", "--srs-outgoing", "2001:db8::10"}, std::string(kZone));
  CHECK(world.line("FORWARD joe@pass.test l@fwd.example") == "joe@pass.test\n");
  CHECK(world.line("FORWARD joe@helo.test l@fwd.example") == "joe@helo.test\n");
  const std::string sender_too_long = std::string(64, 'x') + "@pass.test";
  CHECK(world.line("FORWARD " + sender_too_long + " l@fwd.example") == sender_too_long + "\n");
  for (const char* domain : {"half.test", "fail.test", "soft.test", "error.test", "none.test"}) {
    CAPTURE(domain);
    CHECK(world.line("FORWARD joe@" + std::string(domain) + " l@fwd.example").starts_with("SRS0="));
  }
  world.spfd().wait_for_log(
      "address=joe@pass.test alias=l@fwd.example reason=\"the sender passes SPF from all outgoing addresses\"");
  world.spfd().wait_for_log("reason=\"SPF would be softfail\"");
  CHECK(world.talk(world.forward(), "get joe@pass.test\n") == "500 the sender passes SPF from all outgoing addresses\n");
  CHECK(world.talk(world.forward(), srs_world::netstring("forward joe@fail.test")).find(":OK SRS0=") != std::string::npos);
  CHECK(world.talk(world.forward(), srs_world::netstring("forward joe@pass.test")).find(":NOTFOUND ") != std::string::npos);
  // A pass says nothing about forged addresses to reverse, so those are not looked up.
  CHECK(world.talk(world.reverse(), "get " + signed_address("joe@pass.test") + "\n") == "200 joe@pass.test\n");
}

TEST_CASE("--srs-outgoing: a sender that cannot be looked up is rewritten, after --srs-timeout at the latest") {
  support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const World world({"--srs-outgoing=192.0.2.10", "--srs-timeout=300ms", "--nameserver", dns.address()});
  Client client(world.forward());
  REQUIRE(client.send("get joe@slow.test\nget joe@fwd.example\n"));
  CHECK(client.read_until('\n').starts_with("200 SRS0="));
  CHECK(client.read_until('\n').starts_with("500 the sender is in one of our domains"));
  world.spfd().wait_for_log("reason=\"SPF would be temperror\"");
  CHECK(dns.count() > 0);

  // A client that leaves meanwhile, and one that waits through a reload.
  {
    Client gone(world.forward());
    REQUIRE(gone.send("get joe@slower.test\n"));
  }
  Client patient(world.forward());
  REQUIRE(patient.send("FORWARD joe@slowest.test l@fwd.example\n"));
  world.spfd().signal(SIGHUP);
  CHECK(patient.read_to_end().starts_with("SRS0="));
}

TEST_CASE("SIGTERM: a sender that is being looked up gets its answer") {
  support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const World world({"--srs-outgoing=192.0.2.10", "--srs-timeout=500ms", "--nameserver", dns.address()});
  Client client(world.forward());
  REQUIRE(client.send("get joe@slow.test\n"));
  support::wait_until("the question", [&] { return dns.count() > 0; });
  world.spfd().signal(SIGTERM);
  CHECK(client.read_to_end().starts_with("200 SRS0="));
}

// ---- incoming mail -------------------------------------------------------------------------------------------------------

std::string question(const std::string& sender, const std::string& recipient) {
  return "ip=192.0.2.10\nhelo=mail.pass.test\nsender=" + sender + "\nrecipient=" + recipient + "\n\n";
}

TEST_CASE("--srs-check-recipients: a forged recipient at one of our domains is refused at every door") {
  const World world({"--srs-check-recipients", "--srs-local-domains=ours.example"}, std::string(kZone));
  const std::string good = signed_address("joe@example.org");
  const std::string forged = "SRS0=AAAA=22=example.org=joe@fwd.example";
  const SpfdProcess& spfd = world.spfd();
  auto answer = spfd.answer(question("u@pass.test", forged));
  CHECK(answer["result"] == "none");
  CHECK(answer["action"] == "reject");
  CHECK(answer["smtp_comment"] ==
        "mx.example.org: SPF was not checked: the recipient is not a valid SRS address of ours: the hash is wrong");
  CHECK(answer["local_policy"] == "srs-check-recipients: the hash is wrong");
  CHECK(spfd.answer(question("u@pass.test", "<" + signed_address("joe@example.org", srs_world::today() - 30) + ">"))["action"] ==
        "reject");
  for (const std::string& fine : {good, "<" + good + ">", std::string("joe@fwd.example"), std::string("joe@ours.example"),
                                  std::string("SRS0=AAAA=22=example.org=joe@elsewhere.example"), std::string("not an address")}) {
    CAPTURE(fine);
    answer = spfd.answer(question("u@pass.test", fine));
    CHECK(answer["result"] == "pass");
    CHECK(answer["action"] == "accept");
  }
  const std::string policy =
      "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.10\nhelo_name=x.pass.test\nsender=\n";
  CHECK(
      spfd.ask(policy + "recipient=" + forged + "\ninstance=1\n\n").starts_with("action=550 5.1.1 mx.example.org: SPF was not"));
  CHECK_FALSE(spfd.ask(policy + "recipient=" + good + "\ninstance=2\n\n").starts_with("action=5"));
  spfd.wait_for_log("action=reject local_policy=\"srs-check-recipients: the hash is wrong\"");

  const World dry({"--srs-check-recipients", "--dry-run"}, std::string(kZone));
  answer = dry.spfd().answer(question("u@pass.test", forged));
  CHECK(answer["action"] == "accept");
  CHECK(answer["would"] == "reject");
  const World off({}, std::string(kZone));
  CHECK(off.spfd().answer(question("u@pass.test", forged))["result"] == "pass");
}

TEST_CASE("--srs-check-recipients: milters that check at each recipient refuse a forged one too") {
  using support::MilterClient;
  const support::TempFolder folder;
  const std::string milter = "unix:" + (folder / "milter");
  const World world({"--srs-check-recipients", "--milter", milter, "--milter-check-at=rcpt"}, std::string(kZone));
  MilterClient mta(milter);
  mta.negotiate();
  mta.connect("192.0.2.10", "mail.pass.test");
  CHECK(mta.mail("u@pass.test").command == 'c');
  const auto recipient = [&](const std::string& address) {
    std::string data = "<" + address + ">";
    data += '\0';
    REQUIRE(mta.send('R', data));
    return mta.read().value_or(support::MilterPacket{});
  };
  const auto forged = recipient("SRS0=AAAA=22=example.org=joe@fwd.example");
  CHECK(forged.command == 'y');
  CHECK(forged.data.starts_with("550 5.1.1 "));
  CHECK(recipient(signed_address("joe@example.org")).command == 'c');
  CHECK(recipient("joe@fwd.example").command == 'c');
}

TEST_CASE("--srs-unwrap: for one of our rewritten senders the original is checked, and answer and log report it") {
  const std::string zone = std::string(kZone) + "fwd.example TXT \"v=spf1 -all\"\n";
  const std::string ours = signed_address("joe@pass.test");
  const World world({"--srs-unwrap"}, zone);
  auto answer = world.spfd().answer(question(ours, "u@fwd.example"));
  CHECK(answer["result"] == "pass");
  // The pass belongs to the original domain, not to ours.
  CHECK(answer["spf_domain"] == "pass.test");
  CHECK(answer["local_policy"] == "srs-unwrap: joe@pass.test instead of " + ours);
  CHECK(answer["received_spf_header"].find("envelope-from=\"joe@pass.test\"") != std::string::npos);
  world.spfd().wait_for_log("local_policy=\"srs-unwrap: joe@pass.test instead of " + ours + "\"");
  // An address that does not verify is an ordinary sender.
  answer = world.spfd().answer(question("SRS0=AAAA=22=pass.test=joe@fwd.example", ""));
  CHECK(answer["result"] == "fail");
  CHECK(answer.count("local_policy") == 0);
  CHECK(World({}, zone).spfd().answer(question(ours, ""))["result"] == "fail");
}

}  // namespace
