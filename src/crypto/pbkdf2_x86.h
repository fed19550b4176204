// The paths of x86-64. Each is compiled for its own instructions by a function attribute, so that the
// rest of the program runs on any processor; call them only where has_…() says so.
#pragma once

#include <span>

#include "crypto/pbkdf2.h"

namespace crypto::x86 {

/// The SHA extensions, with the SSE4.1 that goes with them.
bool has_sha() noexcept;
bool has_avx2() noexcept;
bool has_avx512() noexcept;

void advance_sha_1(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept;
/// A round instruction waits for the one before; a second password fills the gaps.
void advance_sha_2(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept;
/// One password to a 32-bit lane of the vector registers.
void advance_avx2(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept;
void advance_avx512(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept;

}  // namespace crypto::x86
