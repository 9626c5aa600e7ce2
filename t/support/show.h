// Prints our types in doctest's failures: enums by name instead of number, and results, names, lists and structs instead of
// "{?}".
//
// Every test that compares such values includes this. A struct is printed member by member once it is in the list below.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/ip.h"
#include "common/base/members.h"
#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/dns/message.h"
#include "common/dns/zone_parser.h"
#include "common/io/cache.h"
#include "common/io/check_answers.h"
#include "common/options/row.h"
#include "common/protocol/codec.h"
#include "common/protocol/query_lines.h"
#include "common/receiver/request.h"
#include "common/receiver/srs_request.h"
#include "common/spf/evaluate.h"
#include "common/srs/error.h"
#include "common/srs/rewriter.h"
#include "spfd/config/log_level.h"
#include "t/support/milter_client.h"

namespace support {

inline doctest::String shown(std::string_view text) { return std::string(text).c_str(); }

// The name of an enumerator as the compiler spells it: "... value = dns::Status::ok]"; "(dns::Status)9" where there is none.
template <auto value>
constexpr std::string_view spelled() {
  std::string_view name = __PRETTY_FUNCTION__;
  name = name.substr(name.find("value = ") + 8);
  name = name.substr(0, name.find_first_of(";]"));
  return name.substr(name.find_last_of(":)") + 1);
}
template <class E, std::size_t... numbers>
std::string_view spelled(E value, std::index_sequence<numbers...> /*numbers*/) {
  constexpr std::array<std::string_view, sizeof...(numbers)> kNames = {spelled<static_cast<E>(numbers)>()...};
  const auto number = static_cast<std::size_t>(value);
  return number < kNames.size() ? kNames[number] : "?";
}

template <class E>
doctest::String enumerator(E value) {
  return shown(spelled(value, std::make_index_sequence<32>()));
}

template <class T, class... Structs>
concept AnyOf = (std::same_as<T, Structs> || ...);
template <class T>
concept IsList = !std::convertible_to<T, std::string_view> && requires(const T& list) {
  list.begin();
  typename T::value_type;
};
template <class T>
concept ShownByMember = AnyOf<T, dns::Answer, dns::ZoneError, spf::TraceStep, spf::Verdict, receiver::Request, receiver::Reply,
                              receiver::HeloReply, receiver::SrsRequest, receiver::SrsReply, srs::Error, MilterPacket>;

}  // namespace support

// The compiler finds these in the namespace of their argument, and prefers them to doctest's own, which prints a number.
namespace dns {
inline doctest::String toString(Type value) { return support::enumerator(value); }
inline doctest::String toString(Status value) { return support::enumerator(value); }
inline doctest::String toString(Cause value) { return support::enumerator(value); }
inline doctest::String toString(Response::Kind value) { return support::enumerator(value); }
}  // namespace dns
namespace io {
inline doctest::String toString(Cache::Look value) { return support::enumerator(value); }
inline doctest::String toString(CheckAnswers::Missing::What value) { return support::enumerator(value); }
}  // namespace io
namespace options {
inline doctest::String toString(Kind value) { return support::enumerator(value); }
inline doctest::String toString(When value) { return support::enumerator(value); }
}  // namespace options
namespace protocol {
inline doctest::String toString(Door value) { return support::enumerator(value); }
inline doctest::String toString(Format value) { return support::enumerator(value); }
}  // namespace protocol
namespace receiver {
inline doctest::String toString(Action value) { return support::enumerator(value); }
inline doctest::String toString(Scope value) { return support::enumerator(value); }
inline doctest::String toString(SrsRequest::Kind value) { return support::enumerator(value); }
inline doctest::String toString(SrsReply::Kind value) { return support::enumerator(value); }
}  // namespace receiver
namespace spf {
inline doctest::String toString(ProblemKind value) { return support::enumerator(value); }
inline doctest::String toString(Identity value) { return support::enumerator(value); }
inline doctest::String toString(Result value) { return support::enumerator(value); }
}  // namespace spf
namespace spfd {
inline doctest::String toString(LogLevel value) { return support::enumerator(value); }
}  // namespace spfd
namespace srs {
inline doctest::String toString(Reason value) { return support::enumerator(value); }
inline doctest::String toString(Forwarded::Outcome value) { return support::enumerator(value); }
}  // namespace srs

namespace doctest {

template <>
struct StringMaker<dns::Name> {
  static String convert(const dns::Name& name) { return support::shown(name.text()); }
};
template <>
struct StringMaker<dns::Question> {
  static String convert(const dns::Question& question) {
    return support::shown(std::string(dns::type_name(question.type)) + " " + std::string(question.name.text()));
  }
};
template <>
struct StringMaker<base::IpAddress> {
  static String convert(const base::IpAddress& address) { return address.text().c_str(); }
};
template <>
struct StringMaker<std::nullopt_t> {
  static String convert(std::nullopt_t /*nothing*/) { return "nothing"; }
};
template <class Number, class Unit>
struct StringMaker<std::chrono::duration<Number, Unit>> {
  static String convert(const std::chrono::duration<Number, Unit>& time) {
    return toString(std::chrono::duration<double>(time).count()) + " s";
  }
};
template <class T>
struct StringMaker<std::optional<T>> {
  static String convert(const std::optional<T>& value) { return value ? toString(*value) : String("nothing"); }
};
template <class A, class B>
struct StringMaker<std::pair<A, B>> {
  static String convert(const std::pair<A, B>& pair) { return toString(pair.first) + ": " + toString(pair.second); }
};
template <class T>
requires support::ShownByMember<T>
struct StringMaker<T> {
  static String convert(const T& object) {
    String out;
    base::with_members(object,
                       [&](const auto&... members) { ((out += (out.size() == 0 ? "" : ", ") + toString(members)), ...); });
    return "{" + out + "}";
  }
};
template <class List>
requires support::IsList<List>
struct StringMaker<List> {
  static String convert(const List& list) {
    String out;
    for (const auto& value : list) out += (out.size() == 0 ? "" : ", ") + toString(value);
    return "[" + out + "]";
  }
};
template <class T, class E>
struct StringMaker<base::Result<T, E>> {
  static String convert(const base::Result<T, E>& result) {
    return result ? toString(*result) : "failure: " + toString(result.error());
  }
};

}  // namespace doctest
