// One password to a vector lane. Included by one file for each instruction set, inside its anonymous
// namespace, with VECTOR_FUNCTION (the target attribute) and Isa (the register and what it can do) set:
// a target attribute cannot depend on a template's argument.

#define VECTOR_INLINE VECTOR_FUNCTION __attribute__((always_inline)) inline

using Vector = Isa::Vector;
constexpr std::size_t width = sizeof(Vector) / sizeof(std::uint32_t);

VECTOR_INLINE Vector all(std::uint32_t word) { return Isa::all(static_cast<int>(word)); }
VECTOR_INLINE Vector sum_of(Vector x, Vector y) { return Isa::add(x, y); }
VECTOR_INLINE Vector big_sigma_0(Vector x) {
  return Isa::xor3(Isa::rotate<2>(x), Isa::rotate<13>(x), Isa::rotate<22>(x));
}
VECTOR_INLINE Vector big_sigma_1(Vector x) {
  return Isa::xor3(Isa::rotate<6>(x), Isa::rotate<11>(x), Isa::rotate<25>(x));
}
VECTOR_INLINE Vector small_sigma_0(Vector x) {
  return Isa::xor3(Isa::rotate<7>(x), Isa::rotate<18>(x), Isa::shift<3>(x));
}
VECTOR_INLINE Vector small_sigma_1(Vector x) {
  return Isa::xor3(Isa::rotate<17>(x), Isa::rotate<19>(x), Isa::shift<10>(x));
}

constexpr std::uint32_t rotated(std::uint32_t x, int n) { return x >> n | x << (32 - n); }
constexpr std::uint32_t small_sigma_0(std::uint32_t x) { return rotated(x, 7) ^ rotated(x, 18) ^ x >> 3; }
constexpr std::uint32_t small_sigma_1(std::uint32_t x) { return rotated(x, 17) ^ rotated(x, 19) ^ x >> 10; }

/// Words 8 to 15 of every block: the padding of a message of 64 + 32 bytes.
constexpr std::uint32_t padding(std::size_t t) { return t == 8 ? 0x80000000 : t == 15 ? 768 : 0; }
constexpr bool is_padding(std::size_t t) { return t >= 8 && t < 16; }

/// w[t % 16] becomes word t of the schedule, t ≥ 16. What comes of the padding is computed by the compiler.
VECTOR_INLINE void extend(Vector (&w)[16], std::size_t t) {
  const std::uint32_t known = (is_padding(t - 16) ? padding(t - 16) : 0) + (is_padding(t - 7) ? padding(t - 7) : 0) +
                              (is_padding(t - 15) ? small_sigma_0(padding(t - 15)) : 0) +
                              (is_padding(t - 2) ? small_sigma_1(padding(t - 2)) : 0);
  Vector& word = w[t % 16];
  // Every word has at least one part that is not padding; the first found starts the sum.
  if (is_padding(t - 16)) {
    word = sum_of(is_padding(t - 7) ? all(0) : w[(t - 7) % 16], all(known));
  } else {
    if (!is_padding(t - 7)) word = sum_of(word, w[(t - 7) % 16]);
    if (known != 0) word = sum_of(word, all(known));
  }
  if (!is_padding(t - 15)) word = sum_of(word, small_sigma_0(w[(t - 15) % 16]));
  if (!is_padding(t - 2)) word = sum_of(word, small_sigma_1(w[(t - 2) % 16]));
}

/// text becomes the state behind the block text + padding.
VECTOR_INLINE void compress(const Vector (&from)[8], Vector (&text)[8]) {
  Vector w[16];
  Vector s[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) {
    w[i] = text[i];
    s[i] = from[i];
  }
#pragma GCC unroll 64
  for (std::size_t t = 0; t < 64; ++t) {
    if (t >= 16) extend(w, t);
    // The eight working variables stay where they are; their names move instead.
    const auto name = [t](std::size_t i) { return (i + 64 - t) % 8; };
    const Vector a = s[name(0)], b = s[name(1)], c = s[name(2)];
    const Vector e = s[name(4)], f = s[name(5)], g = s[name(6)];
    Vector& d = s[name(3)];
    Vector& h = s[name(7)];
    const Vector word = is_padding(t) ? all(sha256_k[t] + padding(t)) : sum_of(w[t % 16], all(sha256_k[t]));
    const Vector first = sum_of(sum_of(sum_of(h, word), Isa::choose(e, f, g)), big_sigma_1(e));
    d = sum_of(d, first);
    h = sum_of(first, sum_of(big_sigma_0(a), Isa::majority(a, b, c)));
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) text[i] = sum_of(s[i], from[i]);
}

VECTOR_INLINE void gather(Vector (&out)[8], std::span<Pbkdf2Lane* const> lanes, Pbkdf2Lane::Words Pbkdf2Lane::*from,
                          std::uint32_t (&rows)[8][width]) {
  for (std::size_t k = 0; k < width; ++k) {
    // Lanes without a password repeat the first; nobody reads them.
    const Pbkdf2Lane::Words& words = lanes[k < lanes.size() ? k : 0]->*from;
    for (std::size_t i = 0; i < 8; ++i) rows[i][k] = words[i];
  }
  for (std::size_t i = 0; i < 8; ++i) out[i] = Isa::load(rows[i]);
}

VECTOR_INLINE void scatter(const Vector (&in)[8], std::span<Pbkdf2Lane* const> lanes,
                           Pbkdf2Lane::Words Pbkdf2Lane::*to, std::uint32_t (&rows)[8][width]) {
  for (std::size_t i = 0; i < 8; ++i) Isa::store(rows[i], in[i]);
  for (std::size_t k = 0; k < lanes.size(); ++k) {
    for (std::size_t i = 0; i < 8; ++i) (lanes[k]->*to)[i] = rows[i][k];
  }
}

VECTOR_FUNCTION void advance(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept {
  Vector inner[8], outer[8], u[8], sum[8];
  alignas(64) std::uint32_t rows[8][width];
  gather(inner, lanes, &Pbkdf2Lane::inner, rows);
  gather(outer, lanes, &Pbkdf2Lane::outer, rows);
  gather(u, lanes, &Pbkdf2Lane::u, rows);
  gather(sum, lanes, &Pbkdf2Lane::sum, rows);
  for (unsigned i = 0; i < iterations; ++i) {
    compress(inner, u);
    compress(outer, u);
    for (std::size_t j = 0; j < 8; ++j) sum[j] = Isa::exclusive_or(sum[j], u[j]);
  }
  scatter(u, lanes, &Pbkdf2Lane::u, rows);
  scatter(sum, lanes, &Pbkdf2Lane::sum, rows);
  for (Pbkdf2Lane* lane : lanes) lane->remaining -= iterations;
}
