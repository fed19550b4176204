// Numbers that look like chance and are the same in every run: xorshift64*.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzz {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 2 + 1) {}

  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  /// 0 to `below` - 1; 0 for 0.
  std::size_t below(std::size_t below) { return below == 0 ? 0 : next() % below; }
  char byte() { return static_cast<char>(next() & 0xff); }
  char of(std::string_view characters) { return characters[below(characters.size())]; }

 private:
  std::uint64_t state_;
};

}  // namespace fuzz
