#if defined(__x86_64__)

#include <immintrin.h>

#include <cstdint>

#include "crypto/pbkdf2_x86.h"
#include "crypto/sha256_constants.h"

namespace crypto::x86 {
namespace {

#define VECTOR_FUNCTION __attribute__((target("avx512f")))
#define ISA_INLINE VECTOR_FUNCTION __attribute__((always_inline)) static inline

struct Isa {
  using Vector = __m512i;
  ISA_INLINE Vector all(int word) { return _mm512_set1_epi32(word); }
  ISA_INLINE Vector load(const std::uint32_t* from) { return _mm512_load_si512(from); }
  ISA_INLINE void store(std::uint32_t* to, Vector x) { _mm512_store_si512(to, x); }
  ISA_INLINE Vector add(Vector x, Vector y) { return _mm512_add_epi32(x, y); }
  ISA_INLINE Vector exclusive_or(Vector x, Vector y) { return _mm512_xor_si512(x, y); }
  // The last argument is the truth table of the three.
  ISA_INLINE Vector xor3(Vector x, Vector y, Vector z) { return _mm512_ternarylogic_epi32(x, y, z, 0x96); }
  ISA_INLINE Vector choose(Vector x, Vector y, Vector z) { return _mm512_ternarylogic_epi32(x, y, z, 0xca); }
  ISA_INLINE Vector majority(Vector x, Vector y, Vector z) {
    return _mm512_ternarylogic_epi32(x, y, z, 0xe8);
  }
  // The forms with a mask, because GCC 12 warns of an uninitialised value inside its own others.
  template <int n>
  ISA_INLINE Vector rotate(Vector x) {
    return _mm512_maskz_ror_epi32(0xffff, x, n);
  }
  template <int n>
  ISA_INLINE Vector shift(Vector x) {
    return _mm512_maskz_srli_epi32(0xffff, x, n);
  }
};

#include "crypto/pbkdf2_vector.inl"

}  // namespace

bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") != 0;
}

void advance_avx512(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept {
  advance(lanes, iterations);
}

}  // namespace crypto::x86

#endif
