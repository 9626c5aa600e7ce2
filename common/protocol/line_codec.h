// The codec of sockets given with --listen: query lines and Postfix policy requests, which have the same form. A connection may
// mix them.
#pragma once

#include "common/protocol/codec.h"
#include "common/protocol/policy.h"
#include "common/protocol/request_reader.h"

namespace protocol {

class LineCodec : public CheckCodec {
 public:
  static constexpr std::size_t kMaxInFlight = 64;

  void feed(std::string_view bytes) override { reader_.feed(bytes); }
  void finish() override { reader_.finish(); }
  bool next(const Moment& moment, Request& request) override;
  void encode(const CheckRequest& check, const receiver::Reply& reply, const DoorOptions& options, std::string& out) override;
  void give_up(std::string_view why, Request& request) override;

  [[nodiscard]] std::size_t max_in_flight() const override { return kMaxInFlight; }
  [[nodiscard]] bool is_broken() const override { return !reader_.problem().empty(); }
  [[nodiscard]] bool has_partial() const override { return reader_.has_partial(); }
  [[nodiscard]] std::size_t held() const override { return reader_.held(); }
  [[nodiscard]] bool is_kept() const override { return is_postfix_; }

 private:
  void read(const Values& values, Request& request);
  void refuse(std::string_view text, std::string_view why, Request& request);

  RequestReader reader_;
  PolicyRequests policy_;
  bool is_postfix_ = false;  // the last request was a policy request
  bool is_json_ = false;     // the last request that was not had format=json
};

}  // namespace protocol
