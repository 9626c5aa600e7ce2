// Netstrings of socketmap. Input: the size of pieces, then the bytes of a client.
#include "t/fuzz/srs_checks.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto& request : fuzz::check_reader(protocol::SocketmapReader(), data, size)) {
    fuzz::check(request.address.size() <= protocol::kMaxSocketmapRequest, "stored data is bounded");
    const std::string reply = protocol::encode_socketmap(fuzz::checked_answer(request));
    const std::size_t colon = reply.find(':');
    fuzz::check(colon != std::string::npos && reply.back() == ',', "a reply is a netstring");
    fuzz::check(std::to_string(reply.size() - colon - 2) == reply.substr(0, colon), "its length matches its content");
  }
  return 0;
}
