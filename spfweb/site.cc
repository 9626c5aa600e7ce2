#include "spfweb/site.h"

#include <utility>

#include "common/base/json.h"
#include "common/base/text.h"
#include "common/lint/json.h"
#include "spfweb/check_page.h"
#include "spfweb/recipe.h"
#include "spfweb/why_page.h"
#include "spfweb/wizard_page.h"

namespace spfweb {

namespace {

constexpr int kRetryAfter = static_cast<int>(Gate::kInterval.count());

HttpReply html(std::string body, int status = 200) { return {.status = status, .body = std::move(body)}; }
HttpReply busy(std::string body) { return {.status = 429, .body = std::move(body), .retry_after = kRetryAfter}; }
HttpReply json(std::string body, int status = 200) {
  return {.status = status, .type = "application/json", .body = std::move(body), .retry_after = status == 429 ? kRetryAfter : 0};
}
HttpReply json_error(std::string_view problem, int status) {
  return json("{\"error\": " + base::json_string(problem) + "}\n", status);
}

Html refusal_text(const View& view, token::Refusal refusal) {
  switch (refusal) {
    case token::Refusal::malformed: return view.say(Text::token_malformed);
    case token::Refusal::forged: return view.say(Text::token_forged);
    case token::Refusal::expired: break;
  }
  return view.say(Text::token_expired);
}

spf::Query query_of(const token::Facts& facts) {
  spf::Query query;
  if (facts.identity == spf::Identity::helo) {
    spf::set_helo_query(query, facts.client, facts.domain);
  } else {
    spf::set_mailfrom_query(query, facts.client, "postmaster@" + facts.domain, facts.helo);
  }
  return query;
}

// Returns whether JSON is wanted rather than HTML (RFC 9110 §12.5.1), by the order of the types.
bool wants_json(std::string_view accept) {
  const std::size_t json = accept.find("application/json");
  return json != std::string_view::npos && json < accept.find("text/html");
}

}  // namespace

View Site::view_of(HttpRequest& request, std::string path) const {
  View view{
      .host = options_.host, .prefix = options_.prefix, .path = std::move(path), .parameters = std::move(request.parameters)};
  const auto chosen = language_of(view.parameters.value("lang"));
  view.is_language_chosen = chosen.has_value();
  view.language = chosen ? *chosen : preferred_language(request.accept_language);
  return view;
}

std::shared_ptr<Gate::Pass> Site::enter(const std::optional<base::IpAddress>& client) {
  auto pass = gate_.enter(client, std::chrono::steady_clock::now());
  return pass ? std::make_shared<Gate::Pass>(std::move(*pass)) : nullptr;
}

void Site::handle(HttpRequest request, const Answer& answer) {
  std::string_view path = request.path;
  if (!options_.prefix.empty() && path.starts_with(options_.prefix)) path.remove_prefix(options_.prefix.size());
  constexpr std::string_view kWhy = "/why/";
  if (path == "/style.css") return answer({.type = "text/css; charset=utf-8", .body = std::string(kStyle)});
  if (path == "/script.js") return answer({.type = "text/javascript; charset=utf-8", .body = std::string(kScript)});
  if (path == "/icon.svg") return answer({.type = "image/svg+xml", .body = std::string(kIcon)});
  if (path == "/healthz") return answer(HttpReply::plain("ok\n"));
  if (path == "/readyz") return ready(answer);
  if (path == "/robots.txt") return answer(HttpReply::plain("User-agent: *\nDisallow: /\n"));
  if (path == "/" || path.empty()) return home(view_of(request, "/"), answer);
  if (path == "/check") return check(view_of(request, "/check"), request.client, wants_json(request.accept), answer);
  if (path == "/wizard") return wizard(view_of(request, "/wizard"), request.client, answer);
  if (path == "/why" || path == kWhy || path == "/why.html") return why_values(view_of(request, "/why"), request.client, answer);
  if (path.starts_with(kWhy)) {
    const std::string token(path.substr(kWhy.size()));
    // The page contains its path five times.
    std::string own = token.size() <= token::kMaxToken ? "/why/" + url_encoded(token) : "/why";
    return why_token(view_of(request, std::move(own)), request.client, token, answer);
  }
  const View view = view_of(request, "/");
  answer(html(page(view, view.say(Text::not_found), Html()), 404));
}

void Site::home(const View& view, const Answer& answer) const {
  Html out;
  out << paragraph(view.say(Text::home_intro));
  out << heading(view.say(Text::nav_why)) << why_form(view, {}, {}, {}) << heading(view.say(Text::nav_check))
      << check_form(view, {}, {}) << "<p><a href=\""_html << view.url("/wizard") << "\">"_html << view.say(Text::nav_wizard)
      << "</a></p>\n"_html;
  answer(html(page(view, view.say(Text::site, {Html() << view.host}), out)));
}

void Site::why_token(View view, const std::optional<base::IpAddress>& client, std::string_view token, const Answer& answer) {
  const auto facts = options_.keys ? options_.keys->read(token, options_.now() / 60)
                                   : base::Result<token::Opened, token::Refusal>(base::failure(token::Refusal::forged));
  if (!facts) return answer(html(claim_page(view, {}, refusal_text(view, facts.error()), {}), 404));
  const std::string link = "https://" + options_.host + options_.prefix + "/why/" + std::string(token);
  const auto pass = enter(client);
  if (!pass) return answer(html(why_page(view, *facts, link, {}, {})));
  engine_.ask(*facts, [this, view = std::move(view), facts = *facts, link, answer, pass](const Present& present) {
    spf::Query query = query_of(facts);
    const auto domain = query.domain;
    if (!domain) return answer(html(why_page(view, facts, link, present, {})));
    engine_.examine(*domain, {}, std::move(query), [view, facts, link, answer, pass, present](const Examined& examined) {
      answer(html(why_page(view, facts, link, present, examined)));
    });
  });
}

void Site::why_values(View view, const std::optional<base::IpAddress>& client, const Answer& answer) {
  const Claim claim = Claim::read(view.parameters);
  if (claim.is_old) return answer(html(claim_page(view, claim, view.say(Text::old_link), {})));
  if (claim.sender.empty() && claim.ip.empty()) return answer(html(claim_page(view, claim, {}, {})));
  const auto address = base::IpAddress::parse(claim.ip);
  if (!address) return answer(html(claim_page(view, claim, view.say(Text::bad_ip, {shown(claim.ip)}), {}), 400));
  spf::Query query;
  spf::set_mailfrom_query(query, *address, claim.sender, claim.helo);
  if (!query.domain) {
    const std::string_view domain = std::string_view(claim.sender).substr(claim.sender.rfind('@') + 1);
    return answer(html(claim_page(view, claim, view.say(Text::bad_domain, {shown(domain)}), {}), 400));
  }
  const auto pass = enter(client);
  if (!pass) return answer(busy(claim_page(view, claim, view.say(Text::busy), {})));
  const dns::Name domain = *query.domain;
  engine_.examine(domain, {}, std::move(query), [view = std::move(view), claim, answer, pass](const Examined& examined) {
    answer(html(claim_page(view, claim, {}, examined)));
  });
}

void Site::check(View view, const std::optional<base::IpAddress>& client, bool is_json, const Answer& answer) {
  const std::string domain(view.parameters.value("domain"));
  const std::string ip(view.parameters.value("ip"));
  if (domain.empty() && !is_json) return answer(html(check_form_page(view, domain, ip, {})));
  const auto name = plain_name(domain);
  const auto address = base::IpAddress::parse(ip);
  if (!name || (!address && !ip.empty())) {
    if (is_json) return answer(json_error(name ? "ip is not an IP address" : "domain is not a domain name", 400));
    const Html note = name ? view.say(Text::bad_ip, {shown(ip)}) : view.say(Text::bad_domain, {shown(domain)});
    return answer(html(check_form_page(view, domain, ip, note), 400));
  }
  const auto pass = enter(client);
  if (!pass) {
    if (is_json) return answer(json_error("too many look-ups; try again in a few seconds", 429));
    return answer(busy(check_form_page(view, domain, ip, view.say(Text::busy))));
  }
  std::optional<spf::Query> query;
  if (address) spf::set_mailfrom_query(query.emplace(), *address, name->text(), name->text());
  engine_.examine(*name, {}, std::move(query),
                  [view = std::move(view), ip, domain, is_json, answer, pass](const Examined& examined) {
                    if (is_json)
                      return answer(examined.is_complete ? json(lint::json(examined.report)) : json_error("not finished", 503));
                    if (!examined.is_complete)
                      return answer(html(check_form_page(view, domain, ip, view.say(Text::broken)), 503));
                    answer(html(check_page(view, ip, examined)));
                  });
}

void Site::wizard(View view, const std::optional<base::IpAddress>& client, const Answer& answer) {
  const std::string domain(view.parameters.value("domain"));
  const bool is_made = view.parameters.value("made") == "1";
  const Recipe recipe = Recipe::read(view.parameters);
  if (domain.empty()) return answer(html(wizard_page(view, domain, recipe, {}, {}, {})));
  const auto name = plain_name(domain);
  if (!name) return answer(html(wizard_page(view, domain, recipe, {}, {}, view.say(Text::bad_domain, {shown(domain)})), 400));
  const MadeRecord made = make_record(recipe);
  if (is_made && !made.problems.empty()) return answer(html(wizard_page(view, domain, recipe, made, {}, {}), 400));
  const auto pass = enter(client);
  if (!pass) {
    const auto shown_record = is_made ? std::optional(made) : std::nullopt;
    return answer(busy(wizard_page(view, domain, recipe, shown_record, {}, view.say(Text::busy))));
  }
  const auto record = is_made ? std::optional(made.text) : std::nullopt;
  engine_.examine(*name, record, {},
                  [view = std::move(view), domain, recipe, made, is_made, answer, pass](const Examined& examined) {
                    if (is_made) {
                      const Html note = examined.is_complete ? Html() : view.say(Text::broken);
                      const auto report = examined.is_complete ? std::optional(examined) : std::nullopt;
                      return answer(html(wizard_page(view, domain, recipe, made, report, note)));
                    }
                    answer(html(filled_page(view, domain, recipe, examined)));
                  });
}

void Site::ready(const Answer& answer) {
  waiting_.push_back(answer);
  if (waiting_.size() > 1) return;
  try {
    engine_.health([this](const std::string& problem) {
      const HttpReply reply =
          problem.empty() ? HttpReply::plain("ready\n") : HttpReply::plain("not ready: " + problem + "\n", 503);
      for (const Answer& one : std::exchange(waiting_, {})) one(reply);
    });
  } catch (...) {
    waiting_.clear();
    throw;
  }
}

}  // namespace spfweb
