// Unpacks gzip data piece by piece (RFC 1952), also several members after one another, as log rotation may leave them.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace spfquery {

class Gunzip {
 public:
  // Bytes that one call of expand() appends at most: a small file may expand a thousandfold.
  static constexpr std::size_t kPiece = 65536;

  enum class Got : std::uint8_t {
    bytes,    // some were appended
    nothing,  // it needs more input
    damage,   // a member is damaged
    garbage,  // what follows the last member is not gzip data
  };

  Gunzip();
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  // Returns whether data begins like a gzip file.
  static bool is_gzip(std::string_view begin) { return begin.starts_with(kMagic); }

  void give(std::string_view bytes) { input_ += bytes; }
  Got expand(std::string& out);
  // Returns whether the input so far ends with a member; a single byte after it cannot be the beginning of another.
  [[nodiscard]] bool is_complete() const { return at_member_end_; }
  // Returns the bytes that are left, and do not belong to a member so far.
  [[nodiscard]] std::string_view rest() const { return std::string_view(input_).substr(used_); }
  // Returns whether all bytes that were appended belong to whole members.
  [[nodiscard]] bool is_whole() const { return at_member_end_ || stream_.total_out == 0; }

 private:
  static constexpr std::string_view kMagic = "\x1f\x8b";

  z_stream stream_{};
  std::string input_;
  std::size_t used_ = 0;  // bytes of input_
  bool at_member_end_ = false;
};

}  // namespace spfquery
