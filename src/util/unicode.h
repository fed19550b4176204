// Text as Python's str sees it, because Django's rules are written in those terms. All input and
// output is UTF-8; functions other than is_utf8 expect valid UTF-8. Source of the character data:
// utf8proc, which follows the Unicode Character Database.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace util::unicode {

/// Well-formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) noexcept;
/// Offset of the first byte that is not well-formed, or npos.
std::size_t first_invalid_byte(std::string_view text) noexcept;

/// Number of code points: len() of a Python str.
std::size_t length(std::string_view text) noexcept;

/// Normalisation form NFKC (UAX #15), what Django stores of a username.
std::string nfkc(std::string_view text);
/// str.lower(): full lower-casing without locale.
std::string lower(std::string_view text);
/// str.casefold(), for comparing e-mail addresses.
std::string casefold(std::string_view text);
/// str.strip(): drops Unicode white space at both ends. A view into `text`.
std::string_view strip(std::string_view text) noexcept;

/// `\w` of Python's re for str: letters, anything numeric, underscore.
bool is_word(char32_t c) noexcept;
/// str.isdigit() of one character: decimal digits and the likes of superscript two.
bool is_digit(char32_t c) noexcept;
/// str.isspace() of one character.
bool is_space(char32_t c) noexcept;

/// Decodes the code point at `offset` and moves `offset` behind it.
char32_t next(std::string_view text, std::size_t& offset) noexcept;
/// Appends the UTF-8 form of `c`.
void append(std::string& out, char32_t c);

}  // namespace util::unicode
