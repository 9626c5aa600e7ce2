#include "common/protocol/mta_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"

namespace protocol {

void append_printable(std::string_view text, std::string& out) {
  const std::size_t from = out.size();
  out += text;
  const auto is_unsafe = [](char c) { return !base::is_printable(c); };
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), is_unsafe, '?');
}

void append_smtp_reply(const receiver::Reply& reply, std::string& out) {
  out += fmt::format_int(reply.smtp_code).c_str();
  for (const std::string_view part : {std::string_view(reply.enhanced_code), std::string_view(reply.smtp_comment)}) {
    if (part.empty()) continue;
    out += ' ';
    append_printable(part, out);
  }
}

std::string_view header_to_add(const receiver::Request& request, const receiver::Reply& reply, const DoorOptions& options) {
  if (!request.client || (request.is_authenticated && !reply.identity)) return {};
  switch (options.header) {
    case DoorOptions::Header::received_spf: return reply.received_spf_header;
    case DoorOptions::Header::authentication_results: return reply.authentication_results;
    case DoorOptions::Header::none: break;
  }
  return {};
}

}  // namespace protocol
