#include "spfquery/gunzip.h"

#include <new>

namespace spfquery {

namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib.h: inflateInit2()

}  // namespace

Gunzip::Gunzip() {
  if (::inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() { static_cast<void>(::inflateEnd(&stream_)); }

Gunzip::Got Gunzip::expand(std::string& out) {
  const std::size_t before = out.size();
  while (out.size() == before) {
    if (used_ == input_.size()) {
      input_.clear();
      used_ = 0;
      return Got::nothing;
    }
    if (at_member_end_) {
      // gzip(1) ignores zeros after the last member: tapes and some tools pad with them.
      if (input_[used_] == '\0') {
        ++used_;
        continue;
      }
      const std::string_view rest = std::string_view(input_).substr(used_, kMagic.size());
      if (!kMagic.starts_with(rest)) return Got::garbage;
      if (rest.size() < kMagic.size()) return Got::nothing;
      if (::inflateReset(&stream_) != Z_OK) return Got::damage;
      at_member_end_ = false;
    }
    out.resize(before + kPiece);
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data()) + used_;
    stream_.avail_in = static_cast<uInt>(input_.size() - used_);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data()) + before;
    stream_.avail_out = static_cast<uInt>(kPiece);
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    used_ = input_.size() - stream_.avail_in;
    out.resize(before + kPiece - stream_.avail_out);
    if (status == Z_STREAM_END) {
      at_member_end_ = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return Got::damage;
    }
  }
  return Got::bytes;
}

}  // namespace spfquery
