#include "common/io/machine_name.h"

#include <unistd.h>

#include <array>
#include <string_view>

#include "common/base/text.h"
#include "common/io/file.h"

namespace io {

namespace {

constexpr std::string_view kBlanks = " \t\r";

// Returns the full name of the machine. Reads /etc/hosts itself, since gethostent(3) also reads resolv.conf, and would wait for
// the writer of a FIFO in its place.
std::string find_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == 0) return "localhost";
  std::string name = buffer.data();
  if (name.find('.') != std::string::npos) return name;
  const auto hosts = read_file("/etc/hosts", FileKind::regular);
  return hosts ? full_name(name, *hosts) : name;
}

}  // namespace

std::string full_name(const std::string& name, std::string_view hosts) {
  for (std::string_view line : base::split(hosts, '\n')) {
    line = line.substr(0, line.find('#'));
    std::size_t begin = line.find_first_not_of(kBlanks);
    begin = line.find_first_of(kBlanks, begin == std::string_view::npos ? line.size() : begin);  // after the address
    begin = line.find_first_not_of(kBlanks, begin);
    if (begin == std::string_view::npos) continue;
    const std::string_view first = line.substr(begin, line.find_first_of(kBlanks, begin) - begin);
    if (first.starts_with(name + ".")) return std::string(first);
  }
  return name;
}

std::string machine_name() {
  static const std::string name = find_name();
  return name;
}

}  // namespace io
