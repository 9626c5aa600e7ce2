// Functions on the text of a term, for the explanations of faults.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lint {

inline constexpr std::size_t kMaxShown = 100;  // bytes of a text within a message

// Returns the form of the text in messages: in single quotes, shortened if it is long.
std::string shown(std::string_view text);
// Returns the advice to write these terms, closed(): "Write ip4:192.0.2.1".
std::string write_this(std::string_view text);
// Returns whether the text is one term without a syntax error.
bool is_sound(std::string_view term);
// Returns whether a blank divides a term: `next`, the text after the blank, is not a term, but `joined` is one.
bool is_divided(std::string_view joined, std::string_view next);
// Returns whether a term can have this domain.
bool is_domain(std::string_view text);
// Returns the part of a term or domain-spec that follows its last macro; all of it if there is none.
std::string_view after_macros(std::string_view text);
// Returns the qualifier at the beginning of the term, or an empty text.
std::string_view sign_of(std::string_view term);
// Returns whether the term is "all", with or without a qualifier.
bool is_all(std::string_view term);
// Returns whether the term lets every client pass, which is hardly what the owner of a domain means: such a term is not
// recommended.
bool lets_all_pass(std::string_view term);
// Returns the terms with ~all in place of each one that lets every client pass.
std::string closed(std::string_view terms);
// Returns whether the term is a modifier of that name, such as "exp", perhaps with a qualifier, which it must not have.
bool is_modifier_of_name(std::string_view term, std::string_view name);
// Returns "ip4" or "ip6" for an address, perhaps with a prefix length; nothing for any other text.
std::optional<std::string_view> network_name(std::string_view text);

}  // namespace lint
