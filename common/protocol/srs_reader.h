// Reads the three protocols of sender rewriting on one listening socket. The first bytes of a connection determine the protocol:
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

// Returns "lines", "tcp_table" or "socketmap".
std::string_view srs_protocol_name(SrsProtocol protocol);
// Returns the protocol, or nothing if more bytes are needed (at most 4).
std::optional<SrsProtocol> recognise_srs(std::string_view first_bytes);
// Returns the answer to a request that was read in this protocol.
std::string encode_srs(SrsProtocol protocol, const receiver::SrsReply& reply);

class SrsReader {
 public:
  // `map`: the direction of tcp_table requests.
  explicit SrsReader(SrsMap map) : map_(map) {}

  // Adds bytes. Call it only after next() returned nothing: until then earlier bytes are still buffered.
  void feed(std::string_view bytes);
  void finish();
  std::optional<receiver::SrsRequest> next();

  // Returns whether no further request follows: close after the reply.
  [[nodiscard]] bool must_close() const;
  // Returns, after next() returned nothing, whether there are bytes of an incomplete request.
  [[nodiscard]] bool has_partial() const;
  // Returns the bytes in memory, including those of requests already returned.
  [[nodiscard]] std::size_t held() const;
  // Returns the protocol, or nothing while it is not known.
  [[nodiscard]] std::optional<SrsProtocol> protocol() const;

 private:
  // The first bytes, while they do not determine the protocol.
  struct Unknown {
    std::string bytes;
  };
  void start(SrsProtocol protocol, std::string_view bytes);

  SrsMap map_;
  std::variant<Unknown, SrsLinesReader, TcpTableReader, SocketmapReader> reader_;
};

}  // namespace protocol
