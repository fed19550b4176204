// Randomness as a parameter. SystemRandom is getrandom(2); a test brings its own.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace util {

class Random {
 public:
  virtual ~Random() = default;
  /// Fills all of `out`. Throws Outage when the kernel refuses.
  virtual void fill(std::span<unsigned char> out) = 0;

  /// `bytes` random bytes as lower-case hexadecimal: 16 give a 32-digit `jti`.
  std::string hex(std::size_t bytes);
  /// `length` characters of [A-Za-z0-9], without bias: Django's get_random_string.
  std::string alphanumeric(std::size_t length);
};

/// Thread-safe.
class SystemRandom final : public Random {
 public:
  void fill(std::span<unsigned char> out) override;
};

}  // namespace util
