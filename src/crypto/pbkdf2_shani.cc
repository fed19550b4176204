#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include "crypto/pbkdf2_x86.h"
#include "crypto/sha256_constants.h"

namespace crypto::x86 {
namespace {

#define SHA_FUNCTION __attribute__((target("sha,sse4.1,ssse3")))
#define SHA_INLINE SHA_FUNCTION __attribute__((always_inline)) inline

/// Eight words in the order of FIPS 180-4: a b c d and e f g h. Also the first half of a message block.
struct Words {
  __m128i low, high;
};
/// The same as the round instruction wants them, highest element first.
struct State {
  __m128i abef, cdgh;
};

constexpr int reversed = 0x1b;
constexpr int upper_half = 0x0e;

SHA_INLINE Words load(const Pbkdf2Lane::Words& words) {
  return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(words.data())),
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(words.data() + 4))};
}
SHA_INLINE void save(Pbkdf2Lane::Words& out, const Words& words) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data()), words.low);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data() + 4), words.high);
}
SHA_INLINE State to_state(const Words& words) {
  return {_mm_shuffle_epi32(_mm_unpacklo_epi64(words.low, words.high), reversed),
          _mm_shuffle_epi32(_mm_unpackhi_epi64(words.low, words.high), reversed)};
}
SHA_INLINE Words to_words(const State& state) {
  const __m128i abef = _mm_shuffle_epi32(state.abef, reversed);
  const __m128i cdgh = _mm_shuffle_epi32(state.cdgh, reversed);
  return {_mm_unpacklo_epi64(abef, cdgh), _mm_unpackhi_epi64(abef, cdgh)};
}

/// text[k] becomes the state behind the block text[k] + padding, for all k at once.
template <std::size_t N>
SHA_INLINE void compress(const State (&from)[N], Words (&text)[N]) {
  State state[N];
  __m128i w[N][4];
#pragma GCC unroll 2
  for (std::size_t k = 0; k < N; ++k) {
    state[k] = from[k];
    w[k][0] = text[k].low;
    w[k][1] = text[k].high;
    w[k][2] = _mm_setr_epi32(static_cast<int>(0x80000000), 0, 0, 0);
    w[k][3] = _mm_setr_epi32(0, 0, 0, 768);
  }
#pragma GCC unroll 16
  for (std::size_t four = 0; four < 16; ++four) {
    const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(sha256_k + 4 * four));
#pragma GCC unroll 2
    for (std::size_t k = 0; k < N; ++k) {
      // The schedule runs ahead of the rounds: what the next group needs is finished between the halves of
      // this one, what later ones need is begun behind it.
      __m128i& now = w[k][four % 4];
      __m128i& next = w[k][(four + 1) % 4];
      __m128i& last = w[k][(four + 3) % 4];
      const __m128i added = _mm_add_epi32(now, constants);
      state[k].cdgh = _mm_sha256rnds2_epu32(state[k].cdgh, state[k].abef, added);
      if (four >= 3 && four < 15) {
        next = _mm_sha256msg2_epu32(_mm_add_epi32(next, _mm_alignr_epi8(now, last, 4)), now);
      }
      state[k].abef =
          _mm_sha256rnds2_epu32(state[k].abef, state[k].cdgh, _mm_shuffle_epi32(added, upper_half));
      if (four >= 1 && four < 13) last = _mm_sha256msg1_epu32(last, now);
    }
  }
#pragma GCC unroll 2
  for (std::size_t k = 0; k < N; ++k) {
    text[k] =
        to_words({_mm_add_epi32(state[k].abef, from[k].abef), _mm_add_epi32(state[k].cdgh, from[k].cdgh)});
  }
}

template <std::size_t N>
SHA_FUNCTION void advance(Pbkdf2Lane* const* lanes, unsigned iterations) noexcept {
  State inner[N], outer[N];
  Words u[N], sum[N];
  for (std::size_t k = 0; k < N; ++k) {
    inner[k] = to_state(load(lanes[k]->inner));
    outer[k] = to_state(load(lanes[k]->outer));
    u[k] = load(lanes[k]->u);
    sum[k] = load(lanes[k]->sum);
  }
  for (unsigned i = 0; i < iterations; ++i) {
    compress<N>(inner, u);
    compress<N>(outer, u);
#pragma GCC unroll 2
    for (std::size_t k = 0; k < N; ++k) {
      sum[k].low = _mm_xor_si128(sum[k].low, u[k].low);
      sum[k].high = _mm_xor_si128(sum[k].high, u[k].high);
    }
  }
  for (std::size_t k = 0; k < N; ++k) {
    save(lanes[k]->u, u[k]);
    save(lanes[k]->sum, sum[k]);
    lanes[k]->remaining -= iterations;
  }
}

}  // namespace

bool has_sha() noexcept {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  // GCC 12's __builtin_cpu_supports knows no "sha": bit 29 of EBX in leaf 7.
  return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) == 1 &&
         (b >> 29 & 1) == 1;
}

void advance_sha_1(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept {
  advance<1>(lanes.data(), iterations);
}

void advance_sha_2(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept {
  if (lanes.size() == 1) return advance<1>(lanes.data(), iterations);
  advance<2>(lanes.data(), iterations);
}

}  // namespace crypto::x86

#endif
