// Owned descriptors, and sockets connected to a name server.
#pragma once

#include <utility>

#include "common/base/result.h"
#include "common/io/name_server.h"

namespace io {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// type: SOCK_DGRAM or SOCK_STREAM. Non-blocking; a stream is still on its way to its peer. The error is an errno.
base::Result<Descriptor, int> connect_to(const NameServer& server, int type);

}  // namespace io
