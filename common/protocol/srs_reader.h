// One listener for the three protocols of sender rewriting: the first bytes of a connection tell which one it speaks.
//   digits                       socketmap
//   "get " or "put "             tcp_table
//   anything else                lines of srsd
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/protocol/socketmap.h"
#include "common/protocol/srs_lines.h"
#include "common/protocol/srs_map.h"
#include "common/protocol/tcp_table.h"
#include "common/receiver/srs_request.h"

namespace protocol {

enum class SrsProtocol : std::uint8_t { lines, tcp_table, socketmap };

// "lines", "tcp_table", "socketmap".
std::string_view srs_protocol_name(SrsProtocol protocol);
// Nothing: more bytes are needed, at most 4.
std::optional<SrsProtocol> recognise_srs(std::string_view first_bytes);

class SrsReader {
 public:
  // `map`: which way tcp_table goes here.
  explicit SrsReader(SrsMap map) : map_(map) {}

  // Feed more only when next() gives nothing: what was fed is kept until then.
  void feed(std::string_view bytes);
  void finish();
  std::optional<receiver::SrsRequest> next();
  // The answer to a request that next() gave; it needs to be known before the next one only where order matters to the caller.
  [[nodiscard]] std::string encode(const receiver::SrsReply& reply) const;

  // No further request comes: close after the reply.
  [[nodiscard]] bool must_close() const;
  // After next() gave nothing: bytes of a request that is not complete are there.
  [[nodiscard]] bool has_partial() const;
  // Bytes that are kept, also of requests that were given out.
  [[nodiscard]] std::size_t held() const;
  // Nothing: not known yet.
  [[nodiscard]] std::optional<SrsProtocol> protocol() const;

 private:
  // The first bytes, while they do not tell.
  struct Unknown {
    std::string bytes;
  };
  void start(SrsProtocol protocol, std::string_view bytes);

  SrsMap map_;
  std::variant<Unknown, SrsLinesReader, TcpTableReader, SocketmapReader> reader_;
};

}  // namespace protocol
