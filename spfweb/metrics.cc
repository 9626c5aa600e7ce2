#include "spfweb/metrics.h"

#include <string>
#include <string_view>
#include <utility>

#include "common/base/printable.h"

namespace spfweb {

namespace {

// Returns the reply for an answer of the control socket (spfctl(8), PROTOCOL).
HttpReply reply_of(const base::Result<std::string, std::string>& text) {
  constexpr std::string_view kOk = "ok\n";
  constexpr std::string_view kEnd = "\n# EOF\n";
  if (!text) return HttpReply::plain(base::printable(text.error()) + "\n", 503);
  if (!text->starts_with(kOk)) return HttpReply::plain("spfd: " + base::printable(text->substr(0, text->find('\n'))) + "\n", 503);
  if (!text->ends_with(kEnd)) return HttpReply::plain("spfd: the answer is not complete\n", 503);
  return {.type = "application/openmetrics-text; version=1.0.0; charset=utf-8", .body = text->substr(kOk.size())};
}

}  // namespace

Metrics::Metrics(io::Loop& loop, const io::ServerAddress& control) : loop_(loop), control_(control) {
  control_.name = "the control socket of spfd";
}

void Metrics::handle(const HttpRequest& request, const HttpServer::Answer& answer) {
  if (request.path != "/metrics") return answer(HttpReply::plain("The metrics are at /metrics.\n", 404));
  waiting_.push_back(answer);
  if (waiting_.size() > 1) return;
  try {
    // The server closes the connection after its answer.
    call_ = std::make_unique<io::Call>(
        loop_, control_, "stats openmetrics\n", [](std::string_view) { return false; }, kTimeout,
        [this](const base::Result<std::string, std::string>& text) { answer_all(text); });
  } catch (...) {
    waiting_.clear();
    throw;
  }
}

void Metrics::answer_all(const base::Result<std::string, std::string>& text) {
  const auto ended = std::move(call_);  // we are within its callback
  const HttpReply reply = reply_of(text);
  for (const HttpServer::Answer& one : std::exchange(waiting_, {})) one(reply);
}

}  // namespace spfweb
