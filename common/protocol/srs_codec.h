// The codec of sockets given with --srs: srsd's lines, tcp_table and socketmap (srs_reader.h).
#pragma once

#include "common/protocol/codec.h"
#include "common/protocol/srs_reader.h"

namespace protocol {

class SrsCodec : public Codec {
 public:
  static constexpr std::size_t kMaxInFlight = 64;

  // `map`: the direction of tcp_table requests.
  explicit SrsCodec(SrsMap map) : map_(map), reader_(map) {}

  void feed(std::string_view bytes) override { reader_.feed(bytes); }
  void finish() override { reader_.finish(); }
  bool next(const Moment& moment, Request& request) override;
  void give_up(std::string_view why, Request& request) override;

  [[nodiscard]] std::size_t max_in_flight() const override { return kMaxInFlight; }
  [[nodiscard]] bool is_broken() const override { return broken_; }
  [[nodiscard]] bool has_partial() const override { return reader_.has_partial(); }
  [[nodiscard]] std::size_t held() const override { return reader_.held(); }
  [[nodiscard]] bool is_kept() const override;

 private:
  void take(receiver::SrsRequest&& rewriting, Request& request) const;

  SrsMap map_;
  SrsReader reader_;
  bool broken_ = false;
};

}  // namespace protocol
