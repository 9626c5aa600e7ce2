// The site: chooses the page for each request, and limits the look-ups of visitors.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/token/token.h"
#include "spfweb/engine.h"
#include "spfweb/gate.h"
#include "spfweb/http_server.h"
#include "spfweb/page.h"

namespace spfweb {

struct SiteOptions {
  std::string host;    // the name of this site
  std::string prefix;  // of all paths: "" or "/spf"
  std::optional<token::Keys> keys;
  std::function<std::uint64_t()> now;  // seconds since 1970
};

class Site {
 public:
  Site(SiteOptions options, Engine& engine) : options_(std::move(options)), engine_(engine) {}

  // Answers a request once, now or later.
  void handle(HttpRequest request, const HttpServer::Answer& answer);

 private:
  using Answer = HttpServer::Answer;

  [[nodiscard]] View view_of(HttpRequest& request, std::string path) const;
  void home(const View& view, const Answer& answer) const;
  void why_token(View view, const std::optional<base::IpAddress>& client, std::string_view token, const Answer& answer);
  void why_values(View view, const std::optional<base::IpAddress>& client, const Answer& answer);
  void check(View view, const std::optional<base::IpAddress>& client, bool is_json, const Answer& answer);
  void wizard(View view, const std::optional<base::IpAddress>& client, const Answer& answer);
  void ready(const Answer& answer);

  // Returns a pass that the callback of a look-up holds.
  std::shared_ptr<Gate::Pass> enter(const std::optional<base::IpAddress>& client);

  SiteOptions options_;
  Engine& engine_;
  Gate gate_;
  std::vector<Answer> waiting_;  // for one request to spfd about its health
};

}  // namespace spfweb
