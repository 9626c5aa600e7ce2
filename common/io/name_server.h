// Addresses of name servers, from options and from resolv.conf.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"

namespace io {

struct NameServer {
  base::IpAddress address;
  std::uint16_t port = 53;
  std::uint32_t scope = 0;  // index of the interface of a link-local address (RFC 4007); 0: none

  friend bool operator==(const NameServer&, const NameServer&) = default;
};

// Parses "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53", "fe80::1%eth0", "[fe80::1%eth0]:53". The interface is a
// name or a number, and must exist.
base::Result<NameServer, std::string> parse_name_server(std::string_view text);
// Returns the same form, always with the port: "192.0.2.1:53", "[fe80::1%eth0]:53".
std::string name_server_text(const NameServer& server);

// Returns the servers of resolv.conf, read by res_ninit(); 127.0.0.1 if it lists none, as libresolv does. Never empty. The error
// is that of a file that is missing, not a regular file or not readable: "/etc/resolv.conf: is not a regular file".
base::Result<std::vector<NameServer>, std::string> read_system_name_servers();
// Returns the same, and 127.0.0.1 after an error.
std::vector<NameServer> system_name_servers();

// Detects whether resolv.conf is another file, or has other contents, than at the previous check. One thread.
class ResolvConfWatch {
 public:
  explicit ResolvConfWatch(std::string path = kPath);

  // Returns false at the first call, unless the file has changed since construction.
  bool has_changed();

  static constexpr const char* kPath = "/etc/resolv.conf";

 private:
  struct State {
    bool exists = false;
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;  // of the last change of its contents

    friend bool operator==(const State&, const State&) = default;
  };
  [[nodiscard]] State look() const;

  std::string path_;
  State last_;
};

}  // namespace io
