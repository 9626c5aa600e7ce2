#include "common/srs/secrets.h"

#include <algorithm>
#include <cstddef>

#include "common/base/text.h"

namespace srs {

namespace {

// Returns the position of the first printable character that is not a blank. Other blanks than those of US-ASCII, control
// characters and byte order marks come before it: in an editor, they are invisible or look like a blank.
std::size_t first_visible(std::string_view text) {
  const auto is_visible = [](char c) { return c != ' ' && base::is_printable(c); };
  return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_visible) - text.begin());
}

}  // namespace

base::Result<Secrets, std::string> parse_secrets(std::string_view text) {
  if (text.size() > kMaxSecretFile) return base::failure(std::string("the file of secrets is longer than 64 KiB"));
  if (text.starts_with("\xEF\xBB\xBF")) return base::failure(std::string("the file of secrets begins with a byte order mark"));
  Secrets found;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(line.size());
    const std::string_view secret = base::strip_right(line.ends_with('\n') ? line.substr(0, line.size() - 1) : line);
    if (secret.empty() || secret.starts_with('#')) continue;
    const std::size_t visible = first_visible(secret);
    if (visible > 0 && secret.substr(visible).starts_with('#'))
      return base::failure(std::string("in the file of secrets, a line has blanks before #: it could be a comment or a secret"));
    if (secret.find('\0') != std::string_view::npos) return base::failure(std::string("the file of secrets is not text"));
    found.secrets.emplace_back(secret);
    if (line != secret) found.old_secrets.emplace_back(line);
  }
  if (found.secrets.empty()) return base::failure(std::string("there is no secret in the file"));
  return found;
}

}  // namespace srs
