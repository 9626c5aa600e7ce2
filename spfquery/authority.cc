#include "spfquery/authority.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/io/resolver.h"
#include "common/spf/answers.h"
#include "common/spf/expansion.h"

namespace spfquery {

namespace {

constexpr std::size_t kMaxHosts = 13;
constexpr int kMaxAbove = 5;  // names above the domain that may have the NS records

struct ZoneServer {
  std::string host;
  base::IpAddress address;

  [[nodiscard]] std::string text() const { return fmt::format("{} ({})", host, address.text()); }
};

// Finds the servers of the zone. run() is a step of the driver and does no I/O.
class Search {
 public:
  explicit Search(const dns::Name& domain) : domain_(domain) {}

  spf::Needs run(spf::AnswerSource& answers) {
    servers_.clear();
    missing_.clear();
    spf::Needs needs;
    const auto ask = [&](const dns::Name& name, dns::Type type) -> const dns::Answer* {
      const dns::Question question{name, type};
      const spf::KnownAnswer* const known = answers.find(question);
      const bool is_new = known == nullptr && std::ranges::find(needs.needed, question) == needs.needed.end();
      if (is_new) needs.needed.push_back(question);
      if (known == nullptr) return nullptr;
      if (known->answer.status != dns::Status::failure) return &known->answer;
      add_missing(fmt::format("{} {}: {}", dns::type_name(type), name.text(), base::printable(known->answer.problem)));
      return nullptr;
    };
    const dns::Answer* nearest = nullptr;
    dns::Name name = domain_;
    for (int above = 0; above <= kMaxAbove && name.labels() > 0 && nearest == nullptr; ++above, name = name.parent()) {
      const dns::Answer* const answer = ask(name, dns::Type::ns);
      if (answer == nullptr) return needs;  // the names above are used only if this one has none
      if (!answer->names.empty()) nearest = answer;
    }
    if (nearest == nullptr) {
      add_missing(fmt::format("NS {}: no servers were found", domain_.text()));
      return needs;
    }
    for (std::size_t i = 0; i < std::min(nearest->names.size(), kMaxHosts); ++i) {
      const auto host = spf::host_name(nearest->names[i]);
      if (!host) continue;
      for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
        const dns::Answer* const answer = ask(*host, type);
        if (answer != nullptr && !answer->addresses.empty() && servers_.size() < Authority::kMaxServers)
          servers_.push_back({std::string(host->text()), answer->addresses.front()});
      }
    }
    return needs;
  }

  [[nodiscard]] const std::vector<ZoneServer>& servers() const { return servers_; }
  [[nodiscard]] const std::vector<std::string>& missing() const { return missing_; }

 private:
  void add_missing(std::string what) {
    if (std::ranges::find(missing_, what) == missing_.end()) missing_.push_back(std::move(what));
  }

  dns::Name domain_;
  std::vector<ZoneServer> servers_;
  std::vector<std::string> missing_;
};

}  // namespace

class Authority::Impl : public std::enable_shared_from_this<Authority::Impl> {
 public:
  Impl(io::Loop& loop, io::Driver& driver, io::ResolverOptions options, std::uint16_t port)
      : loop_(loop), driver_(driver), options_(std::move(options)), port_(port) {
    options_.on_change = nullptr;
  }

  void ask(const dns::Name& domain, std::chrono::milliseconds patience, Done done) {
    domain_ = domain;
    patience_ = patience;
    done_ = std::move(done);
    search_.emplace(domain);
    auto running = driver_.start([this](spf::AnswerSource& answers) { return search_->run(answers); }, patience,
                                 [this](const io::CheckCost&) { ask_servers(); });
    running_ = std::move(running);
  }

  void expire() {
    if (!done_) return;
    if (asked_.empty()) return running_ ? running_->expire() : void();
    finish();
  }

 private:
  void ask_servers() {
    const std::vector<ZoneServer>& servers = search_->servers();
    if (servers.empty()) return finish();
    answers_.resize(servers.size());
    open_ = servers.size();
    for (std::size_t i = 0; i < servers.size(); ++i) {
      io::ResolverOptions options = options_;
      options.servers = {{.address = servers[i].address, .port = port_}};
      asked_.push_back(std::make_unique<io::Resolver>(loop_, std::move(options)));
      asked_.back()->ask(
          {domain_, dns::Type::txt}, {.check = i + 1, .patience = patience_},
          [this, i](dns::Answer answer) {
            answers_[i] = std::move(answer);
            if (--open_ > 0) return;
            // A callback must not destroy its resolver, but `done` may do so.
            loop_.post([self = weak_from_this()] {
              if (const auto still = self.lock()) still->finish();
            });
          },
          [] { return true; });
    }
  }

  void finish() {
    if (!done_) return;
    const std::vector<ZoneServer>& servers = search_->servers();
    Found found{.answers = {}, .missing = search_->missing()};
    // If another server of the same family answers, a silent server is at fault, and not our network.
    const auto answers = [&](bool is_v4) {
      for (std::size_t i = 0; i < answers_.size(); ++i) {
        if (servers[i].address.is_v4() == is_v4 && answers_[i] && answers_[i]->status != dns::Status::failure) return true;
      }
      return false;
    };
    bool has_answer = false;
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      dns::Answer answer = answers_[i] ? *answers_[i] : dns::failure_answer("timed out", dns::Cause::local);
      const bool is_silent = answer.status == dns::Status::failure && dns::is_own(answer.cause);
      const bool has_udp = answer.problem.starts_with("TCP ") || answer.problem.starts_with("truncated");
      if (is_silent && answers(servers[i].address.is_v4())) answer.cause = dns::Cause::no_answer;
      if (is_silent && has_udp) answer.cause = dns::Cause::no_tcp;
      has_answer = has_answer || answer.status != dns::Status::failure;
      found.answers.push_back({servers[i].text(), std::move(answer)});
    }
    if (!servers.empty() && !has_answer) found.missing.emplace_back("no server of the zone answered");
    const Done done = std::exchange(done_, nullptr);
    done(std::move(found));
  }

  io::Loop& loop_;
  io::Driver& driver_;
  io::ResolverOptions options_;
  std::uint16_t port_;
  dns::Name domain_;
  std::chrono::milliseconds patience_{};
  Done done_;
  std::optional<Search> search_;
  io::Driver::Handle running_;
  std::vector<std::unique_ptr<io::Resolver>> asked_;
  std::vector<std::optional<dns::Answer>> answers_;
  std::size_t open_ = 0;
};

Authority::Authority(io::Loop& loop, io::Driver& driver, io::ResolverOptions options, std::uint16_t port)
    : impl_(std::make_shared<Impl>(loop, driver, std::move(options), port)) {}
Authority::~Authority() = default;

void Authority::ask(const dns::Name& domain, std::chrono::milliseconds patience, Done done) {
  impl_->ask(domain, patience, std::move(done));
}
void Authority::expire() { impl_->expire(); }

}  // namespace spfquery
