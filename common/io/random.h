// Unpredictable random numbers from the kernel.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace io {

// Fills at most 256 bytes.
void fill_random(std::span<std::uint8_t> bytes);
std::uint64_t random_number();

// Random DNS ids (RFC 5452 §4.3), fetched from the kernel in batches. One thread.
class RandomIds {
 public:
  std::uint16_t next();

 private:
  std::array<std::uint8_t, 256> bytes_{};
  std::size_t used_ = bytes_.size();
};

}  // namespace io
