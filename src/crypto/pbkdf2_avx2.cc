#if defined(__x86_64__)

#include <immintrin.h>

#include <cstdint>

#include "crypto/pbkdf2_x86.h"
#include "crypto/sha256_constants.h"

namespace crypto::x86 {
namespace {

#define VECTOR_FUNCTION __attribute__((target("avx2")))
#define ISA_INLINE VECTOR_FUNCTION __attribute__((always_inline)) static inline

struct Isa {
  using Vector = __m256i;
  ISA_INLINE Vector all(int word) { return _mm256_set1_epi32(word); }
  ISA_INLINE Vector load(const std::uint32_t* from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
  }
  ISA_INLINE void store(std::uint32_t* to, Vector x) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), x);
  }
  ISA_INLINE Vector add(Vector x, Vector y) { return _mm256_add_epi32(x, y); }
  ISA_INLINE Vector exclusive_or(Vector x, Vector y) { return _mm256_xor_si256(x, y); }
  ISA_INLINE Vector xor3(Vector x, Vector y, Vector z) { return exclusive_or(exclusive_or(x, y), z); }
  ISA_INLINE Vector choose(Vector x, Vector y, Vector z) {
    return exclusive_or(z, _mm256_and_si256(x, exclusive_or(y, z)));
  }
  ISA_INLINE Vector majority(Vector x, Vector y, Vector z) {
    return _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)));
  }
  template <int n>
  ISA_INLINE Vector rotate(Vector x) {
    return _mm256_or_si256(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - n));
  }
  template <int n>
  ISA_INLINE Vector shift(Vector x) {
    return _mm256_srli_epi32(x, n);
  }
};

#include "crypto/pbkdf2_vector.inl"

}  // namespace

bool has_avx2() noexcept {
  return __builtin_cpu_supports("avx2") != 0;
}

void advance_avx2(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept {
  advance(lanes, iterations);
}

}  // namespace crypto::x86

#endif
