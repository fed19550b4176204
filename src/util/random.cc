#include "util/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "util/encoding.h"
#include "util/error.h"
#include "util/secret.h"

namespace util {

std::string Random::hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  fill({reinterpret_cast<unsigned char*>(raw.data()), raw.size()});
  std::string text = to_hex(raw);
  wipe(raw.data(), raw.size());
  return text;
}

std::string Random::alphanumeric(std::size_t length) {
  static constexpr std::string_view kAlphabet =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  // The largest multiple of 62 in a byte; what lies above is thrown away, or 'a' to 'h' would come
  // up more often than the rest.
  static constexpr unsigned kFair = 256 / kAlphabet.size() * kAlphabet.size();
  std::string text;
  text.reserve(length);
  std::array<unsigned char, 64> pool{};
  while (text.size() < length) {
    fill(pool);
    for (const unsigned char byte : pool) {
      if (text.size() == length) break;
      if (byte < kFair) text += kAlphabet[byte % kAlphabet.size()];
    }
  }
  wipe(pool.data(), pool.size());
  return text;
}

void SystemRandom::fill(std::span<unsigned char> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw Outage("getrandom: " + std::generic_category().message(errno));
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace util
