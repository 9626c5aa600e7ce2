// Prints our types in doctest's failures: enums by name instead of number, and results, names and lists instead of "{?}".
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/protocol/codec.h"
#include "common/receiver/request.h"
#include "common/spf/result.h"
#include "common/srs/error.h"

namespace support {

inline doctest::String shown(std::string_view text) { return std::string(text).c_str(); }

}  // namespace support

// The compiler finds these in the namespace of their argument.
namespace spf {
inline doctest::String toString(Result result) { return support::shown(result_name(result)); }
inline doctest::String toString(Identity identity) { return support::shown(identity_name(identity)); }
}  // namespace spf
namespace receiver {
inline doctest::String toString(Action action) { return support::shown(action_name(action)); }
inline doctest::String toString(SrsRequest::Kind kind) { return support::shown(srs_kind_name(kind)); }
inline doctest::String toString(SrsReply::Kind kind) { return support::shown(srs_reply_name(kind)); }
}  // namespace receiver
namespace protocol {
inline doctest::String toString(Door door) { return support::shown(door_name(door)); }
}  // namespace protocol
namespace dns {
inline doctest::String toString(Type type) { return support::shown(type_name(type)); }
inline doctest::String toString(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::name_error: return "name_error";
    case Status::failure: return "failure";
    case Status::alias: return "alias";
  }
  return "?";
}
}  // namespace dns

template <>
struct doctest::StringMaker<dns::Name> {
  static String convert(const dns::Name& name) { return support::shown(name.text()); }
};
template <>
struct doctest::StringMaker<dns::Question> {
  static String convert(const dns::Question& question) {
    return support::shown(std::string(dns::type_name(question.type)) + " " + std::string(question.name.text()));
  }
};
template <>
struct doctest::StringMaker<base::IpAddress> {
  static String convert(const base::IpAddress& address) { return address.text().c_str(); }
};
template <>
struct doctest::StringMaker<std::nullopt_t> {
  static String convert(std::nullopt_t /*nothing*/) { return "nothing"; }
};
template <class T>
struct doctest::StringMaker<std::optional<T>> {
  static String convert(const std::optional<T>& value) { return value ? toString(*value) : String("nothing"); }
};
template <class T>
struct doctest::StringMaker<std::vector<T>> {
  static String convert(const std::vector<T>& values) {
    String out = "[";
    for (const T& value : values) out += (&value == values.data() ? "" : ", ") + toString(value);
    return out + "]";
  }
};
template <class T, class E>
struct doctest::StringMaker<base::Result<T, E>> {
  static String convert(const base::Result<T, E>& result) {
    return result ? toString(*result) : "failure: " + toString(result.error());
  }
};
