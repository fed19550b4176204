#include "tokens/published_secrets.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>

#include "util/ascii.h"

namespace tokens {
namespace {

using util::ascii::lower;

/// Exact, compared without regard to case. First what is long enough to pass for a key.
constexpr std::array<std::string_view, 14> whole{
    "a-string-secret-at-least-256-bits-long",                                   // jwt.io
    "a-string-secret-at-least-384-bits-long-for-hs384-signing",                 // its kin
    "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",  // jwt.io, HS512
    "ayM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",  // RFC 7515 A.1
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",  // FastAPI's tutorial
    "0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "abcdefghijklmnopqrstuvwxyz012345",
    "12345678901234567890123456789012",
    "secret",
    "secretkey",
    "password",
    "shhhhh",
    "supersecret",
};

/// Anywhere in the secret, compared without regard to case.
constexpr std::array<std::string_view, 12> parts{
    "your-256-bit-secret",
    "your-384-bit-secret",
    "your-512-bit-secret",
    "your-secret",
    "your_secret",
    "your-signing-key",
    "changeme",
    "change-me",
    "change_me",
    "change this",
    "replace-me",
    "replace_me",
};

/// A random key of 32 hexadecimal digits has under 8 different ones less than once in ten million.
constexpr std::size_t fewest_distinct_bytes = 8;

}  // namespace

bool is_published(std::string_view secret) {
  const std::string folded = lower(secret);
  const bool printed = std::any_of(whole.begin(), whole.end(),
                                   [&](std::string_view known) { return folded == lower(known); }) ||
                       std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
                         return folded.find(part) != std::string::npos;
                       });
  if (printed) return true;
  std::bitset<256> seen;
  for (const char c : secret) seen.set(static_cast<unsigned char>(c));
  return seen.count() < fewest_distinct_bytes;
}

}  // namespace tokens
