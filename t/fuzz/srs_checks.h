// Invariants of the codecs of sender rewriting, for any input.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/socketmap.h"
#include "common/protocol/srs_lines.h"
#include "common/protocol/srs_reader.h"
#include "common/protocol/tcp_table.h"
#include "common/receiver/srs_request.h"
#include "t/fuzz/target.h"
#include "t/support/rewrite.h"

namespace fuzz {

inline constexpr std::uint64_t kSrsDay = 18262;

inline const srs::Rewriter& known_rewriter() {
  static const srs::Rewriter rewriter = [] {
    srs::Config config;
    config.secrets = {"tops3cr3t", "old"};
    config.rewriting_domain = "example.com";
    config.accept_exim = true;
    auto made = srs::Rewriter::make(config);
    check(made.ok(), "the configuration is good");
    return *made;
  }();
  return rewriter;
}

template <class Reader>
std::vector<receiver::SrsRequest> srs_requests(Reader reader, std::string_view bytes, std::size_t piece) {
  std::vector<receiver::SrsRequest> out;
  const auto take_all = [&] {
    while (auto request = reader.next()) {
      check(request->error.empty() ==
                (request->kind == receiver::SrsRequest::Kind::forward || request->kind == receiver::SrsRequest::Kind::reverse),
            "what is wrong is told");
      check(is_printable(request->error), "errors are printable");
      out.push_back(std::move(*request));
    }
  };
  const bool is_empty = bytes.empty();
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    take_all();
  }
  reader.finish();
  take_all();
  check(is_empty == out.empty(), "who says something is answered");
  check(reader.must_close() || !reader.has_partial(), "at the end nothing is left");
  return out;
}

// The requests are the same in pieces of any size.
template <class Reader>
std::vector<receiver::SrsRequest> check_reader(const Reader& reader, const std::uint8_t* data, std::size_t size) {
  Cutter input(data, size);
  const std::size_t piece = std::size_t{input.byte()} + 1;
  const std::string_view bytes = input.rest();
  auto at_once = srs_requests(reader, bytes, bytes.size() + 1);
  // The fuzzer's input chooses one size, which may be 1.
  for (const std::size_t other : std::array{piece, std::size_t{1}}) {
    if (other != piece && !is_replay()) continue;
    const auto requests = srs_requests(reader, bytes, other);
    check(std::equal(at_once.begin(), at_once.end(), requests.begin(), requests.end(),
                     [](const auto& a, const auto& b) {
                       return a.kind == b.kind && a.address == b.address && a.alias == b.alias && a.error == b.error;
                     }),
          "the sizes of the pieces do not matter");
  }
  return at_once;
}

inline bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

inline receiver::SrsReply checked_answer(const receiver::SrsRequest& request) {
  auto reply = support::rewrite(request, known_rewriter(), kSrsDay);
  using Kind = receiver::SrsReply::Kind;
  check(reply.kind != Kind::temporary && reply.kind != Kind::timeout, "nothing is left for later");
  check((reply.kind == Kind::permanent) == (request.kind == receiver::SrsRequest::Kind::invalid), "an address is no bad request");
  check(!has_controls(reply.text) && !has_controls(reply.reason), "no control characters in replies");
  check(reply.kind == Kind::ok || reply.kind == Kind::unchanged || !reply.text.empty(), "why not is told");
  check(request.kind != receiver::SrsRequest::Kind::reverse || reply.kind != Kind::unchanged, "back means to another address");
  return reply;
}

}  // namespace fuzz
