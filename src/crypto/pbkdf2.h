// PBKDF2-HMAC-SHA256 (RFC 8018 section 5.2) for one 32-byte block, cut so that several passwords can be
// worked on at once: the chain of one password is serial and leaves most of a core idle.
//
// An iteration is one HMAC of 32 bytes, so with the two pad states prepared it is two compressions of a
// single block each. A lane holds what the loop carries from one iteration to the next; a path advances
// lanes, and a lane may move from path to path between two calls.
//
// Measured at 260,000 iterations on one core of a Sapphire Rapids Xeon, passwords per second in one run:
// PKCS5_PBKDF2_HMAC 17.5, OpenSSL's compression over saved states 43, SHA-NI 52, SHA-NI with two 77, AVX2
// with eight 53, AVX-512 with sixteen 148.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/digest.h"

namespace crypto {

struct Pbkdf2Lane {
  using Words = std::array<std::uint32_t, 8>;

  /// Iteration 1; `iterations` ≥ 1.
  Pbkdf2Lane(std::string_view password, std::string_view salt, unsigned iterations);
  Pbkdf2Lane(const Pbkdf2Lane&) = delete;
  Pbkdf2Lane& operator=(const Pbkdf2Lane&) = delete;
  ~Pbkdf2Lane();  // wipes

  /// The derived key, once nothing remains.
  Sha256 result() const;

  Words inner;  // SHA-256 state behind the block of key ^ ipad
  Words outer;  // behind the block of key ^ opad
  Words u;      // U_i
  Words sum;    // U_1 ^ … ^ U_i
  unsigned remaining;
};

/// A way to advance lanes that some processors have.
struct Pbkdf2Path {
  const char* name;
  std::size_t width;  // most lanes of one call; fewer cost as much
  bool (*available)() noexcept;
  /// Advances 1 to `width` lanes by `iterations`, which none of them may exceed.
  void (*advance)(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept;
};

/// All that are compiled in, available here or not; the first is OpenSSL's compression and always is.
std::span<const Pbkdf2Path> pbkdf2_paths() noexcept;

/// What this processor does fastest for each number of passwords at hand.
class Pbkdf2Plan {
 public:
  static constexpr std::size_t widest = 16;
  struct Step {
    const Pbkdf2Path* path;
    std::size_t lanes;    // how many of those at hand it takes
    unsigned iterations;  // about half a millisecond of them

    /// The path's own, and wipes what it left on the stack.
    void advance(std::span<Pbkdf2Lane* const> of, unsigned by) const noexcept;
  };

  /// Tries each available path for a fraction of a millisecond.
  Pbkdf2Plan();
  /// From given costs, in nanoseconds a call and iteration, in the order of pbkdf2_paths(); 0: not to be
  /// used.
  explicit Pbkdf2Plan(std::span<const double> nanoseconds);
  /// Measured once a process, on first use.
  static const Pbkdf2Plan& of_this_machine();

  const Step& step(std::size_t at_hand) const noexcept;  // at_hand ≥ 1
  /// Most lanes that any step takes.
  std::size_t width() const noexcept { return step(widest).lanes; }

 private:
  void choose(std::span<const double> nanoseconds);
  std::array<Step, widest> steps_{};
};

}  // namespace crypto
