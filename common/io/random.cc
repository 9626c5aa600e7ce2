#include "common/io/random.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <system_error>

namespace io {

void fill_random(std::span<std::uint8_t> bytes) {
  // getrandom() never returns less than it was asked for, up to 256 bytes. It fails only if the kernel lacks it; then we cannot
  // continue.
  ssize_t got = 0;
  do {
    got = getrandom(bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(bytes.size())) throw std::system_error(errno, std::generic_category(), "getrandom");
}

std::uint64_t random_number() {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes;
  fill_random(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

std::uint16_t RandomIds::next() {
  if (used_ == bytes_.size()) {
    fill_random(bytes_);
    used_ = 0;
  }
  const auto id = static_cast<std::uint16_t>(bytes_[used_] << 8 | bytes_[used_ + 1]);
  used_ += 2;
  return id;
}

}  // namespace io
