#include "common/protocol/codec.h"

namespace protocol {

namespace {

struct TextSize {
  std::size_t operator()(const CheckRequest& check) const {
    const receiver::Request& asked = check.request;
    return asked.helo.size() + asked.sender.size() + asked.receiver.size() + asked.recipient.size() + asked.guess_terms.size() +
           asked.local.size() + asked.id.size() + check.id.size() + check.error.size();
  }
  std::size_t operator()(const RewritingRequest& rewriting) const {
    const receiver::SrsRequest& asked = rewriting.request;
    return asked.address.size() + asked.alias.size() + asked.error.size() + asked.in_rule_set.size();
  }
  std::size_t operator()(const HealthRequest& health) const { return health.id.size(); }
  std::size_t operator()(const ControlRequest& control) const { return control.line.size(); }
  std::size_t operator()(const Ready& ready) const { return ready.answer.size(); }
};

}  // namespace

std::size_t Request::size() const { return std::visit(TextSize{}, what); }

}  // namespace protocol
