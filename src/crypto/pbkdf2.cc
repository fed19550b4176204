// Deprecated in OpenSSL 3.0 without a replacement: EVP gives no access to the compression function.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/pbkdf2.h"

#include <openssl/sha.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "crypto/pbkdf2_x86.h"
#include "util/secret.h"

namespace crypto {
namespace {

constexpr std::size_t block_size = SHA256_CBLOCK;

void store(unsigned char* out, const Pbkdf2Lane::Words& words) {
  for (const std::uint32_t word : words) {
    *out++ = static_cast<unsigned char>(word >> 24);
    *out++ = static_cast<unsigned char>(word >> 16);
    *out++ = static_cast<unsigned char>(word >> 8);
    *out++ = static_cast<unsigned char>(word);
  }
}

void copy_state(Pbkdf2Lane::Words& out, const SHA256_CTX& context) {
  std::copy(std::begin(context.h), std::end(context.h), out.begin());
}

bool always() noexcept {
  return true;
}

void advance_openssl(std::span<Pbkdf2Lane* const> lanes, unsigned iterations) noexcept {
  Pbkdf2Lane& lane = *lanes.front();
  SHA256_CTX context;
  SHA256_Init(&context);
  // A message of 64 + 32 bytes: the block is half text, then its padding and the length of 768 bits.
  unsigned char block[block_size] = {};
  store(block, lane.u);
  block[32] = 0x80;
  block[62] = 768 >> 8;
  const auto compress = [&](const Pbkdf2Lane::Words& from) {
    std::copy(from.begin(), from.end(), context.h);
    SHA256_Transform(&context, block);
    copy_state(lane.u, context);
    store(block, lane.u);
  };
  for (unsigned i = 0; i < iterations; ++i) {
    compress(lane.inner);
    compress(lane.outer);
    for (std::size_t j = 0; j < lane.sum.size(); ++j) lane.sum[j] ^= lane.u[j];
  }
  lane.remaining -= iterations;
  util::wipe(&context, sizeof context);
  util::wipe(block, sizeof block);
}

constexpr Pbkdf2Path paths[] = {
    {"OpenSSL", 1, always, advance_openssl},
#if defined(__x86_64__)
    {"SHA-NI", 1, x86::has_sha, x86::advance_sha_1},
    {"SHA-NI x2", 2, x86::has_sha, x86::advance_sha_2},
    {"AVX2 x8", 8, x86::has_avx2, x86::advance_avx2},
    {"AVX-512 x16", 16, x86::has_avx512, x86::advance_avx512},
#endif
};

/// Where the paths spilled registers: they keep their states in local variables, which a compiler may not
/// hold in memory that can be wiped without losing a quarter of the speed.
[[gnu::noinline]] void wipe_stack() {
  unsigned char used[8192];
  util::wipe(used, sizeof used);
}

/// Processor time of this thread: another process's turn does not count.
double thread_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double nanoseconds_an_iteration(const Pbkdf2Path& path) {
  constexpr unsigned iterations = 256;
  std::vector<std::unique_ptr<Pbkdf2Lane>> owned;
  std::vector<Pbkdf2Lane*> lanes;
  double best = 0;
  // The best of several, because wide units wake slowly.
  for (int round = 0; round < 5; ++round) {
    owned.clear();
    lanes.clear();
    for (std::size_t i = 0; i < path.width; ++i) {
      owned.push_back(std::make_unique<Pbkdf2Lane>("password", "salt", iterations + 1));
      lanes.push_back(owned.back().get());
    }
    const double start = thread_nanoseconds();
    path.advance(lanes, iterations);
    const double took = (thread_nanoseconds() - start) / iterations;
    if (round == 0 || took < best) best = took;
  }
  return std::max(best, 1e-3);
}

}  // namespace

Pbkdf2Lane::Pbkdf2Lane(std::string_view password, std::string_view salt, unsigned iterations)
    : remaining(iterations - 1) {
  unsigned char pad[block_size] = {};
  if (password.size() > block_size) {
    Sha256 shortened = sha256(password);
    std::copy(shortened.begin(), shortened.end(), pad);
    util::wipe(shortened.data(), shortened.size());
  } else {
    std::copy(password.begin(), password.end(), pad);
  }
  SHA256_CTX in;
  SHA256_CTX out;
  for (unsigned char& byte : pad) byte ^= 0x36;
  SHA256_Init(&in);
  SHA256_Update(&in, pad, sizeof pad);
  copy_state(inner, in);
  for (unsigned char& byte : pad) byte ^= 0x36 ^ 0x5c;
  SHA256_Init(&out);
  SHA256_Update(&out, pad, sizeof pad);
  copy_state(outer, out);

  constexpr unsigned char first_block[4] = {0, 0, 0, 1};
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256_Update(&in, salt.data(), salt.size());
  SHA256_Update(&in, first_block, sizeof first_block);
  SHA256_Final(hash, &in);
  SHA256_Update(&out, hash, sizeof hash);
  SHA256_Final(hash, &out);
  for (std::size_t i = 0; i < u.size(); ++i) {
    u[i] = static_cast<std::uint32_t>(hash[4 * i]) << 24 | static_cast<std::uint32_t>(hash[4 * i + 1]) << 16 |
           static_cast<std::uint32_t>(hash[4 * i + 2]) << 8 | hash[4 * i + 3];
  }
  sum = u;
  util::wipe(pad, sizeof pad);
  util::wipe(hash, sizeof hash);
  util::wipe(&in, sizeof in);
  util::wipe(&out, sizeof out);
}

Pbkdf2Lane::~Pbkdf2Lane() {
  for (Words* words : {&inner, &outer, &u, &sum}) util::wipe(words->data(), sizeof *words);
}

Sha256 Pbkdf2Lane::result() const {
  Sha256 out;
  store(out.data(), sum);
  return out;
}

void Pbkdf2Plan::Step::advance(std::span<Pbkdf2Lane* const> of, unsigned by) const noexcept {
  path->advance(of, by);
  wipe_stack();
}

std::span<const Pbkdf2Path> pbkdf2_paths() noexcept {
  return paths;
}

Pbkdf2Plan::Pbkdf2Plan() {
  std::vector<double> nanoseconds;
  for (const Pbkdf2Path& path : paths) {
    nanoseconds.push_back(path.available() ? nanoseconds_an_iteration(path) : 0);
  }
  choose(nanoseconds);
}

Pbkdf2Plan::Pbkdf2Plan(std::span<const double> nanoseconds) {
  choose(nanoseconds);
}

void Pbkdf2Plan::choose(std::span<const double> nanoseconds) {
  constexpr double slice = 500'000;
  for (std::size_t at_hand = 1; at_hand <= widest; ++at_hand) {
    Step& step = steps_[at_hand - 1];
    double best = 0;
    for (std::size_t i = 0; i < std::size(paths) && i < nanoseconds.size(); ++i) {
      if (nanoseconds[i] <= 0) continue;
      const std::size_t lanes = std::min(at_hand, paths[i].width);
      const double rate = static_cast<double>(lanes) / nanoseconds[i];
      // A wider path must be clearly better, for all its lanes wait for one another.
      if (rate <= best * 1.02) continue;
      best = rate;
      step = {&paths[i], lanes, static_cast<unsigned>(std::clamp(slice / nanoseconds[i], 64.0, 65536.0))};
    }
    if (step.path == nullptr) step = {&paths[0], 1, 4096};
  }
}

const Pbkdf2Plan& Pbkdf2Plan::of_this_machine() {
  static const Pbkdf2Plan plan;
  return plan;
}

const Pbkdf2Plan::Step& Pbkdf2Plan::step(std::size_t at_hand) const noexcept {
  return steps_[std::min(at_hand, widest) - 1];
}

}  // namespace crypto
