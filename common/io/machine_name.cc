#include "common/io/machine_name.h"

#include <netdb.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace io {

namespace {

std::string find_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == 0) return "localhost";
  std::string name = buffer.data();
  if (name.find('.') != std::string::npos) return name;
  ::sethostent(0);
  for (const hostent* entry = ::gethostent(); entry != nullptr; entry = ::gethostent()) {
    const std::string_view full = entry->h_name;
    if (full.starts_with(name + ".")) {
      name = full;
      break;
    }
  }
  ::endhostent();
  return name;
}

}  // namespace

std::string machine_name() {
  static const std::string name = find_name();
  return name;
}

}  // namespace io
