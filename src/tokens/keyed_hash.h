// SipHash-1-3 (Aumasson and Bernstein, 2012): a hash that nobody can aim without its key.
#pragma once

#include <cstdint>
#include <string_view>

#include "util/random.h"

namespace tokens {

class KeyedHash {
 public:
  KeyedHash(std::uint64_t k0, std::uint64_t k1) noexcept : k0_(k0), k1_(k1) {}
  /// With a key of this process.
  explicit KeyedHash(util::Random& random);

  std::uint64_t operator()(std::string_view bytes) const noexcept;

 private:
  std::uint64_t k0_;
  std::uint64_t k1_;
};

}  // namespace tokens
