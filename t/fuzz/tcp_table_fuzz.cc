// Postfix's tcp_table. Input: the size of pieces, then the bytes of a client.
#include "t/fuzz/srs_checks.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check_reader(protocol::TcpTableReader(protocol::SrsMap::forward), data, size);
  for (const auto& request : fuzz::check_reader(protocol::TcpTableReader(protocol::SrsMap::reverse), data, size)) {
    const auto reply = fuzz::checked_answer(request);
    const std::string line = protocol::encode_tcp_table(reply);
    fuzz::check(line.size() > 5 && line[3] == ' ' && line.back() == '\n', "a reply is a number, a text and a line end");
    fuzz::check(fuzz::is_printable(std::string_view(line).substr(0, line.size() - 1)), "a reply is printable");
    if (!line.starts_with("200 ")) continue;
    const auto back = protocol::parse_tcp_table_line("get " + line.substr(4, line.size() - 5), protocol::SrsMap::reverse);
    fuzz::check(back.kind == receiver::SrsRequest::Kind::reverse && back.address == reply.text,
                "a value is encoded so that decoding restores it");
  }
  return 0;
}
