#include "tokens/keyed_hash.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace tokens {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

// Big-endian machines get other values, which no one compares.
std::uint64_t load(const char* from, std::size_t size) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, size);
  return word;
}

}  // namespace

KeyedHash::KeyedHash(util::Random& random) {
  std::array<unsigned char, 16> key;
  random.fill(key);
  std::memcpy(&k0_, key.data(), sizeof k0_);
  std::memcpy(&k1_, key.data() + sizeof k0_, sizeof k1_);
}

std::uint64_t KeyedHash::operator()(std::string_view bytes) const noexcept {
  State state{k0_ ^ 0x736f6d6570736575, k1_ ^ 0x646f72616e646f6d, k0_ ^ 0x6c7967656e657261,
              k1_ ^ 0x7465646279746573};
  const std::size_t whole = bytes.size() / 8 * 8;
  for (std::size_t i = 0; i < whole; i += 8) state.absorb(load(bytes.data() + i, 8));
  state.absorb(load(bytes.data() + whole, bytes.size() - whole) | std::uint64_t{bytes.size()} << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace tokens
