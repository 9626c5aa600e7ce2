// Accesses and words for structs that several programs configure: settings of SPF, rules of the receiver, name servers.
#pragma once

#include "common/io/name_server.h"
#include "common/io/server_address.h"
#include "common/options/fields.h"
#include "common/receiver/rules.h"
#include "common/spf/macro.h"
#include "common/spf/query.h"

namespace options {

inline constexpr Word<bool> kVoidWords[] = {{"count", true}, {"ignore", false}};
inline constexpr Word<spf::Prefetch> kPrefetchWords[] = {
    {"off", spf::Prefetch::off}, {"records", spf::Prefetch::records}, {"all", spf::Prefetch::all}};
// Results that a result can be changed into.
inline constexpr Word<spf::Result> kLiftWords[] = {{"neutral", spf::Result::neutral}, {"pass", spf::Result::pass}};

// Reads a macro string with the letters that explanations allow.
Problem read_explanation(spf::MacroString& target, const Values& values);
Problem read_name_servers(std::vector<io::NameServer>& target, const Values& values);
Problem read_server_address(io::ServerAddress& target, const Values& values);
Values name_server_texts(const std::vector<io::NameServer>& servers);
// with_auto: see receiver::parse_terms().
Problem read_terms(std::optional<receiver::Terms>& target, const Values& values, bool with_auto);
Values term_texts(const std::optional<receiver::Terms>& terms);

template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kNameServers = {
    [](OwnerOf<first>& o, const Values& v) { return read_name_servers(at<first, rest...>(o), v); },
    [](const OwnerOf<first>& o) { return name_server_texts(at<first, rest...>(o)); }};

// The address of an spfd.
template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kServerAddress = {
    [](OwnerOf<first>& o, const Values& v) { return read_server_address(filled(at<first, rest...>(o)), v); },
    [](const OwnerOf<first>& o) {
      return Values{io::server_address_text(filled_or(at<first, rest...>(o), io::ServerAddress()))};
    }};

template <bool with_auto, auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kTerms = {
    [](OwnerOf<first>& o, const Values& v) { return read_terms(at<first, rest...>(o), v, with_auto); },
    [](const OwnerOf<first>& o) { return term_texts(at<first, rest...>(o)); }};

}  // namespace options
