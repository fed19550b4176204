// Binary to text and back: hexadecimal, base64 (RFC 4648 section 4), base64url without padding
// (RFC 4648 section 5, as RFC 7515 uses it).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace util {

std::string to_hex(std::string_view bytes);
std::string to_hex(std::span<const unsigned char> bytes);

std::string to_base64(std::string_view bytes);
/// Canonical form only: right padding, zero trailing bits, no white space. nullopt otherwise.
std::optional<std::string> from_base64(std::string_view text);

std::string to_base64url(std::string_view bytes);
/// Canonical form only: no padding, zero trailing bits, no foreign characters. nullopt otherwise.
std::optional<std::string> from_base64url(std::string_view text);
/// The same into `room`, which must have 3 bytes for each 4 characters and 2 more.
std::optional<std::string_view> from_base64url(std::string_view text, std::span<char> room) noexcept;

}  // namespace util
