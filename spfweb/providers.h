// Providers that send mail for others, and the names that their customers include.
#pragma once

#include <span>
#include <string_view>

namespace spfweb {

struct Provider {
  std::string_view id;  // in URLs
  std::string_view name;
  std::string_view include;
};

// The day on which the names were last verified.
inline constexpr std::string_view kProvidersDate = "2026-11";

// Returns the providers, in the order of their names. Their documentation for customers is the source.
std::span<const Provider> providers();

}  // namespace spfweb
