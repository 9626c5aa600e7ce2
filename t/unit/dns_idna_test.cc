#include "common/dns/idna.h"

#include <string>

#include <doctest/doctest.h>

#include "t/support/show.h"

namespace {

using dns::to_a_labels;

TEST_CASE("RFC 8616 §4: U-labels become A-labels, other labels stay") {
  CHECK(to_a_labels("b\xc3\xbc"
                    "cher.example") == "xn--bcher-kva.example");
  CHECK(to_a_labels("_spf.b\xc3\xbc"
                    "cher.Example.") == "_spf.xn--bcher-kva.Example.");
  CHECK(to_a_labels("B\xc3\x9c"
                    "CHER.EXAMPLE") == "xn--bcher-kva.EXAMPLE");
  CHECK(to_a_labels("\xe4\xbe\x8b\xe5\xad\x90.\xe6\xb5\x8b\xe8\xaf\x95") == "xn--fsqu00a.xn--0zwm56d");
  // The decomposed form (u, combining diaeresis) is the same name.
  CHECK(to_a_labels("bu\xcc\x88"
                    "cher.example") == "xn--bcher-kva.example");
}

TEST_CASE("RFC 5891: processing is not transitional: a sharp s is kept") {
  CHECK(to_a_labels("fa\xc3\x9f.example") == "xn--fa-hia.example");
}

TEST_CASE("ASCII text is returned as it is, whatever its case, its length and its dots") {
  for (const auto& text : {std::string(), std::string("."), std::string("a..b"), std::string("xn--\x7f"), std::string("a b.%{x}"),
                           std::string("_x.-y-"), std::string("XN--BCHER-KVA"), std::string(5000, 'x')}) {
    CHECK(to_a_labels(text) == text);
  }
  CHECK(to_a_labels("a..\xc3\xbc") == "a..xn--tda");
}

TEST_CASE("UTS 46 §4.5: three more characters are dots") {
  for (const std::string dot : {"\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"}) {
    CAPTURE(dot);
    CHECK(dns::dot_size(dot + "x") == 3);
    CHECK(to_a_labels("fail" + dot + "example") == "fail.example");
    CHECK(to_a_labels("b\xc3\xbc" + ("cher" + dot) + "example.com" + dot) == "xn--bcher-kva.example.com.");
    CHECK(to_a_labels(dot + dot + "\xc3\xbc") == "..xn--tda");
    CHECK(to_a_labels(dot) == ".");
  }
  CHECK(dns::dot_size(".") == 1);
  for (const char* other : {"", "x.", "\xe3\x80", "\xe3\x80\x81", "\xef\xbc"}) CHECK(dns::dot_size(other) == 0);
}

TEST_CASE("text that is not a U-label is refused") {
  for (const std::string text : {"\xff.example", "\xc3",
                                 "a\xc0\xaf"
                                 "b",
                                 "\xed\xa0\x80", "\xf4\x90\x80\x80",  // not UTF-8
                                 "\xe2\x98\x83\xef\xbf\xbe",
                                 "a\xe2\x81\xa3"
                                 "b",  // noncharacter, invisible separator
                                 "\xcc\x88"
                                 "a",  // begins with a combining mark
                                 "b\xc3\xbc"
                                 " cher",
                                 "b\xc3\xbc"
                                 "@x",
                                 "b\xc3\xbc"
                                 "_x",
                                 "\xef\xbc\xa0\xc3\xbc",      // not LDH
                                 "a\xe2\x80\xa4\xc3\xbc"}) {  // a one dot leader within a label
    CAPTURE(text);
    CHECK_FALSE(to_a_labels(text).has_value());
  }
  CHECK_FALSE(to_a_labels(std::string_view("\xc3\xbc\0x", 4)).has_value());
}

TEST_CASE("hostile: long labels and long domains are refused early") {
  std::string label, domain;
  for (int i = 0; i < 64; ++i) label += "\xc3\xbc";
  for (int i = 0; i < 30000; ++i) domain += "\xc3\xbc.";
  CHECK_FALSE(to_a_labels(label).has_value());
  CHECK_FALSE(to_a_labels(domain).has_value());
  CHECK_FALSE(to_a_labels(std::string(60000, '\xc3')).has_value());
}

}  // namespace
