#include "t/support/hostile_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "common/maillog/scan.h"

namespace support {

namespace {

constexpr const char* kClient = "203.0.113.66";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

maillog::Message message(std::string_view sender, std::optional<std::string_view> helo, maillog::Fate fate) {
  maillog::Message out{.client = *base::IpAddress::parse(kClient), .sender = maillog::sender_text(sender), .fate = fate};
  if (helo) out.helo = maillog::helo_text(*helo);
  return out;
}

void add_exim(std::vector<HostileLog>& out, const HostileValues& values, const std::string& sender) {
  using maillog::Fate;
  const auto add = [&](const std::string& rest, std::vector<maillog::Message> allowed) {
    out.push_back({maillog::Format::exim, {"2026-11-26 09:12:56 " + rest}, std::move(allowed)});
  };
  const std::string host = fmt::format("H=({}) [{}]", values.helo, kClient);
  const auto accepted = message(sender, values.helo, Fate::accepted);
  const auto rejected = message(sender, values.helo, Fate::rejected);
  add(fmt::format("1xWVXE-000011-2U <= {} {} P=esmtp S=666 id={}", sender, host, values.text), {accepted});
  add(fmt::format("1xWVXE-000011-2U <= {} {} P=esmtp S=666 T=\"{}\"", sender, host, values.text), {accepted});
  add(fmt::format("{} F=<{}> rejected RCPT <b@example.net>: {}", host, sender, values.text), {rejected});
  add(fmt::format("{} rejected MAIL <{}>: {}", host, sender, values.text), {rejected});
  add(fmt::format("{} sender verify fail for <{}>: response to \"RCPT TO:<{}>\" from mx [192.0.2.25] was: 550 {}", host, sender,
                  sender, values.text),
      {});
  const std::string tls = fmt::format("H=(m) [{}] X=TLS1.3:A:256 CV=no DN=\"{}\"", kClient, values.text);
  add(fmt::format("{} F=<{}> rejected RCPT <b@example.net>: no", tls, sender), {message(sender, "m", Fate::rejected)});
}

void add_postfix(std::vector<HostileLog>& out, const HostileValues& values, const std::string& sender) {
  using maillog::Fate;
  const auto add = [&](const std::vector<std::string>& rest, std::vector<maillog::Message> allowed) {
    HostileLog log{maillog::Format::postfix, {}, std::move(allowed)};
    for (const std::string& one : rest) log.lines.push_back("Nov 26 09:10:18 mx postfix/" + one);
    out.push_back(std::move(log));
  };
  const auto rejected = message(sender, values.helo, Fate::rejected);
  const std::string envelope = fmt::format("from=<{}> to=<b@example.net> proto=ESMTP helo=<{}>", sender, values.helo);
  const std::string reject = "smtpd[1]: NOQUEUE: reject: ";
  add({fmt::format("{}RCPT from unknown[{}]: 550 5.7.1 {}; {}", reject, kClient, values.text, envelope)}, {rejected});
  add({fmt::format("{}EHLO from unknown[{}]: 504 5.5.2 <{}>: no; proto=SMTP helo=<{}>", reject, kClient, values.helo,
                   values.helo)},
      {});
  add({fmt::format("cleanup[1]: 746A: reject: header Subject: {} from unknown[{}]; {}: 5.7.1 no", values.text, kClient,
                   envelope)},
      {rejected});
  // Before Postfix 3.5, senders had no quotes.
  for (const std::string& form : {sender, "x." + values.local + "@attacker.example"}) {
    add({fmt::format("smtpd[1]: 746A: client=unknown[{}]", kClient),
         fmt::format("qmgr[1]: 746A: from=<{}>, size=1, nrcpt=1 (queue active)", form)},
        {message(form, {}, Fate::accepted)});
  }
}

void add_sendmail(std::vector<HostileLog>& out, const HostileValues& values, const std::string& sender) {
  using maillog::Fate;
  const auto add = [&](const std::vector<std::string>& rest, Fate fate) {
    HostileLog log{maillog::Format::sendmail, {}, {message(sender, {}, fate)}};
    for (const std::string& one : rest) log.lines.push_back("Nov 26 09:10:18 mx sm-mta[9]: 6AQ9DWtw000111: " + one);
    out.push_back(std::move(log));
  };
  const std::string from = fmt::format("from=<{}>, size=9, class=0, nrcpts=", sender);
  const std::string relay = fmt::format(", relay=[{}]", kClient);
  add({fmt::format("{}1, msgid=<{}>, proto=ESMTP, daemon=MTA{}", from, values.text, relay)}, Fate::accepted);
  add({from + "1, daemon=MTA" + relay, "Milter (spfd) delete: header Received-SPF: " + values.text}, Fate::accepted);
  const std::string refused = from + "0, daemon=MTA" + relay;
  add({fmt::format("ruleset=check_rcpt, arg1=<{}>{}, reject=550 5.7.1 {}", sender, relay, values.text), refused}, Fate::rejected);
  add({fmt::format("Milter: from=<{}>, reject=451 4.7.1 {}", sender, values.text), refused}, Fate::deferred);
}

std::string shown(const maillog::Message& message) {
  return fmt::format("{} helo={} <{}> fate {}{}", message.client.text(), message.helo.value_or("-"), message.sender,
                     static_cast<int>(message.fate), message.is_authenticated ? " authenticated" : "");
}

}  // namespace

std::vector<HostileLog> hostile_logs(const HostileValues& values) {
  const std::string sender = "x.\"" + escaped(values.local) + "\"@attacker.example";
  std::vector<HostileLog> out;
  add_exim(out, values, sender);
  add_postfix(out, values, sender);
  add_sendmail(out, values, sender);
  return out;
}

std::string wrong_reading(const HostileLog& log) {
  const auto reader = maillog::make_reader(log.format, maillog::Baseline::none);
  std::vector<maillog::Message> messages;
  bool has_bad = false;
  for (const std::string& line : log.lines) has_bad = reader->read(line, messages) == maillog::Line::bad || has_bad;
  reader->finish(messages);
  std::string wrong;
  for (const maillog::Message& one : messages) {
    if (std::find(log.allowed.begin(), log.allowed.end(), one) == log.allowed.end()) wrong += shown(one) + '\n';
  }
  if (messages.size() > log.allowed.size()) wrong += "too many messages\n";
  if (messages.size() < log.allowed.size() && !has_bad) wrong += "a message is neither read nor unreadable\n";
  if (wrong.empty()) return {};
  for (const std::string& line : log.lines) wrong += line + '\n';
  return wrong;
}

}  // namespace support
