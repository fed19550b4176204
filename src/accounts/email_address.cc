#include "accounts/email_address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "accounts/code_points.h"
#include "accounts/idna.h"

namespace accounts {
namespace {

constexpr std::size_t kLongestJudged = 320;  // RFC 3696 section 3: 64 + 1 + 255
constexpr std::size_t kLongestIpv6 = 39;     // eight groups of four; longer mixed forms are refused

/// Django's patterns ignore case in Unicode's way, where these four fold to ASCII letters.
bool folds_to_letter(char32_t c) noexcept {
  return c == U'\u0130' || c == U'\u0131' || c == U'\u017f' || c == U'\u212a';
}

bool is_letter(char32_t c) noexcept {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || folds_to_letter(c);
}

bool is_alphanumeric(char32_t c) noexcept {
  return is_letter(c) || (c >= U'0' && c <= U'9');
}

/// `atext` of RFC 5322 section 3.2.3.
bool is_atom_character(char32_t c) noexcept {
  constexpr std::u32string_view kPunctuation = U"-!#$%&'*+/=?^_`{}|~";
  return is_alphanumeric(c) || kPunctuation.find(c) != std::u32string_view::npos;
}

bool is_dot_atom(std::u32string_view local) noexcept {
  bool after_atom = false;
  for (const char32_t c : local) {
    if (c == U'.' ? !after_atom : !is_atom_character(c)) return false;
    after_atom = c != U'.';
  }
  return after_atom;
}

/// Characters that stand in a quoted string by themselves: obsolete `qtext`, without white space.
bool is_quoted_text(char32_t c) noexcept {
  if (folds_to_letter(c)) return true;
  if (c == 0 || c > 0x7f || c == U'"' || c == U'\\') return false;
  return c != U'\t' && c != U'\n' && c != U'\r' && c != U' ';
}

/// Characters that a backslash makes literal.
bool is_quotable(char32_t c) noexcept {
  return folds_to_letter(c) || (c > 0 && c <= 0x7f && c != U'\n' && c != U'\r');
}

bool is_quoted_string(std::u32string_view local) noexcept {
  if (local.size() < 2 || local.front() != U'"' || local.back() != U'"') return false;
  const std::u32string_view inside = local.substr(1, local.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == U'\\') {
      if (++i == inside.size() || !is_quotable(inside[i])) return false;
    } else if (!is_quoted_text(inside[i])) {
      return false;
    }
  }
  return true;
}

bool is_inner_label(std::u32string_view label) noexcept {
  return !label.empty() && label.size() <= 63 && label.front() != U'-' && label.back() != U'-' &&
         std::all_of(label.begin(), label.end(), [](char32_t c) { return c == U'-' || is_alphanumeric(c); });
}

bool is_top_label(std::u32string_view label) noexcept {
  return label.size() >= 2 && label.size() <= 63 && label.back() != U'-' &&
         std::all_of(label.begin(), label.end(), [](char32_t c) { return c == U'-' || is_alphanumeric(c); });
}

bool is_domain_name(std::u32string_view domain) noexcept {
  const std::size_t last_dot = domain.rfind(U'.');
  if (last_dot == std::u32string_view::npos || !is_top_label(domain.substr(last_dot + 1))) return false;
  std::u32string_view rest = domain.substr(0, last_dot);
  while (true) {
    const std::size_t dot = rest.find(U'.');
    if (!is_inner_label(rest.substr(0, dot))) return false;
    if (dot == std::u32string_view::npos) return true;
    rest.remove_prefix(dot + 1);
  }
}

bool is_address_literal(std::u32string_view domain) noexcept {
  if (domain.size() < 3 || domain.front() != U'[' || domain.back() != U']') return false;
  std::string address;
  for (const char32_t c : domain.substr(1, domain.size() - 2)) {
    if (c == 0 || c > 0x7f) return false;
    address += static_cast<char>(c);
  }
  in6_addr binary{};  // the larger of the two
  return inet_pton(AF_INET, address.c_str(), &binary) == 1 ||
         (address.size() <= kLongestIpv6 && inet_pton(AF_INET6, address.c_str(), &binary) == 1);
}

bool is_domain(std::string_view domain) {
  const std::u32string points = code_points(domain);
  return is_domain_name(points) || is_address_literal(points);
}

}  // namespace

bool is_email(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos || util::unicode::length(address) > kLongestJudged) return false;
  const std::u32string local = code_points(address.substr(0, at));
  if (!is_dot_atom(local) && !is_quoted_string(local)) return false;
  const std::string_view domain = address.substr(at + 1);
  if (domain == "localhost" || is_domain(domain)) return true;
  const std::optional<std::string> ascii = ascii_domain(domain);
  return ascii && is_domain(*ascii);
}

std::string normalized_email(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  return std::string(address.substr(0, at + 1)) + util::unicode::lower(address.substr(at + 1));
}

}  // namespace accounts
