#include "spfquery/wrap.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "common/base/text.h"

namespace spfquery {

namespace {

// Narrower lines would hold hardly a word.
constexpr std::size_t kLeast = 20;

// Returns the columns of UTF-8 text: one per character, and none for the sequences that set colours.
std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = std::min(text.find('m', i), text.size());
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U) {
      ++columns;
    }
  }
  return columns;
}

}  // namespace

std::size_t terminal_width(int fd) {
  if (::isatty(fd) != 1) return 0;
  winsize size{};
  std::size_t columns = ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
  const char* const wanted = std::getenv("COLUMNS");
  if (columns == 0 && wanted != nullptr) columns = base::parse_number(wanted, 10'000).value_or(0);
  return columns == 0 ? 0 : std::max(columns, kLeast);
}

std::string wrapped(std::string_view text, std::string_view first, std::string_view others, std::size_t width) {
  std::string out(first);
  if (width == 0) return out.append(text);
  std::size_t column = columns_of(first);
  const std::size_t indent = columns_of(others);
  bool is_empty = true;  // the line has no word
  while (!text.empty()) {
    // The blanks before a word belong to it, so that text within a line is as it was.
    const std::size_t word = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t end = std::min(text.find(' ', word), text.size());
    const std::size_t columns = columns_of(text.substr(0, end));
    if (!is_empty && column + columns > width) {
      out.append("\n").append(others).append(text.substr(word, end - word));
      column = indent + columns_of(text.substr(word, end - word));
    } else {
      out.append(text.substr(0, end));
      column += columns;
    }
    is_empty = false;
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace spfquery
