// Forms that values have: what a text must look like, and durations. Inside config only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace config {

inline constexpr std::string_view kAddressAllowed =
    "the absolute path of a socket (at most 107 bytes), or tcp:ADDRESS:PORT";
bool is_address(std::string_view text);

/// Absolute, or empty.
bool is_path(std::string_view text);
/// Without white space and control characters; may be empty.
bool is_plain(std::string_view text);

inline constexpr std::string_view kClaimAllowed = "the name of a claim other than exp, iat, nbf, iss, aud";
bool is_claim(std::string_view text);

inline constexpr std::string_view kSchemesAllowed =
    "words of letters, digits and -, with a space between two";
/// Schemes of an Authorization header (RFC 9110 section 11.1), at least one.
bool is_schemes(std::string_view text);

inline constexpr std::string_view kIssuerAllowed = "a text of printable ASCII characters";
bool is_issuer(std::string_view text);

/// "5m", "1d", "250ms", or a bare number of `bare` units. nullopt: none of these, or over 300 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                        std::chrono::milliseconds bare);
/// In the largest unit that leaves a whole number.
std::string show_duration(std::chrono::milliseconds duration);

/// The candidate that `text` most likely meant, or an empty view.
template <typename Names>
std::string_view nearest(std::string_view text, const Names& names);

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`; case is ignored.
std::size_t distance(std::string_view a, std::string_view b);

template <typename Names>
std::string_view nearest(std::string_view text, const Names& names) {
  std::string_view best;
  std::size_t least = text.size() / 3 + 1;
  for (const std::string_view name : names) {
    const std::size_t away = distance(text, name);
    if (away < least || (away == least && best.empty())) {
      least = away;
      best = name;
    }
  }
  return best;
}

}  // namespace config
