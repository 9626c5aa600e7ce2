// srsd's lines, and the other protocols that the first bytes of a connection may choose. Input: the size of pieces, then the
// bytes of a client.
#include "t/fuzz/srs_checks.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto& request : fuzz::check_reader(protocol::SrsLinesReader(), data, size)) {
    const std::string line = protocol::encode_srs_line(fuzz::checked_answer(request));
    fuzz::check(line.find('\n') == line.size() - 1, "a reply is one line");
    fuzz::check(!fuzz::has_controls(std::string_view(line).substr(0, line.size() - 1)), "a reply has no control characters");
  }
  fuzz::check_reader(protocol::SrsReader(protocol::SrsMap::forward), data, size);
  return 0;
}
