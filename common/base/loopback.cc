#include "common/base/loopback.h"

namespace base {

bool is_loopback(const IpAddress& address) {
  static const IpAddress kV4 = IpAddress::v4({127, 0, 0, 0});
  static const IpAddress kV6 = IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  return address.in_prefix(kV4, 8) || address == kV6;
}

}  // namespace base
