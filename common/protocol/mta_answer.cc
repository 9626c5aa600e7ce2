#include "common/protocol/mta_answer.h"

#include <algorithm>

namespace protocol {

std::string smtp_reply(const receiver::Reply& reply) {
  std::string text;
  {
    base::Appender out(text, reply.smtp_comment.size() + 16);
    add_smtp_reply(reply, out);
  }
  return text;
}

void add_smtp_reply(const receiver::Reply& reply, base::Appender& out) {
  out.add_number(static_cast<unsigned long>(std::max(reply.smtp_code, 0)));
  for (const std::string_view part : {std::string_view(reply.enhanced_code), std::string_view(reply.smtp_comment)}) {
    if (part.empty()) continue;
    out.add(' ');
    out.add_printable(part);
  }
}

std::string_view header_to_add(const receiver::Request& request, const receiver::Reply& reply, const DoorOptions& options) {
  const bool is_ours = request.is_authenticated || request.is_from_this_host();
  if (!request.client || (is_ours && !reply.identity)) return {};
  switch (options.header) {
    case DoorOptions::Header::received_spf: return reply.received_spf_header;
    case DoorOptions::Header::authentication_results: return reply.authentication_results;
    case DoorOptions::Header::none: break;
  }
  return {};
}

}  // namespace protocol
