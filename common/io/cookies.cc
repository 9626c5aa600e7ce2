#include "common/io/cookies.h"

#include <algorithm>
#include <span>

#include "common/io/random.h"

namespace io {

// The cookie is random, not a function of a secret and the server's address: RFC 7873 appendix A.1 proposes that for clients that
// keep no cookies.
CookieJar::CookieJar() {
  cookie_.size = dns::Cookie::kClientSize;
  fill_random(std::span(cookie_.bytes).first(dns::Cookie::kClientSize));
}

CookieJar::Verdict CookieJar::judge(const dns::Cookie& got, bool over_tcp, Clock::time_point now) {
  if (got.size == 0) {
    if (over_tcp) cookie_.size = dns::Cookie::kClientSize;
    return is_known(now) ? Verdict::missing : Verdict::fine;
  }
  const auto ours = cookie_.bytes.begin();
  if (!std::equal(ours, ours + dns::Cookie::kClientSize, got.bytes.begin())) return Verdict::forged;
  if (got.has_server_part()) {
    cookie_ = got;
    known_until_ = now + kMemory;
  }
  return Verdict::fine;
}

}  // namespace io
