// How many tokens a second one core signs, and verifies: jwt/ as the workers use it, a whole token each time
// (header, base64url, strict form, JSON), beside which `openssl speed` does the signature alone.
//
//   signatures SECONDS      prints a line each: ALG SIGNED VERIFIED, per second of the processor's time
#include <time.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "crypto/asymmetric_key.h"
#include "json/value.h"
#include "jwt/key.h"
#include "jwt/verify.h"

namespace {

using jwt::Algorithm;

/// As `openssl speed` counts, so that what else the machine does is left out.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

template <typename Work>
double rate(double seconds, Work work) {
  constexpr int kBatch = 20;
  const double begun = processor_seconds();
  double taken = 0;
  std::int64_t done = 0;
  while ((taken = processor_seconds() - begun) < seconds) {
    for (int i = 0; i < kBatch; ++i) work();
    done += kBatch;
  }
  return static_cast<double>(done) / taken;
}

jwt::Key make_key(Algorithm algorithm) {
  if (jwt::is_hmac(algorithm))
    return std::move(*jwt::Key::from_secret(algorithm, util::Secret(std::string(48, 'k'))));
  const auto type = algorithm == Algorithm::rs256   ? crypto::KeyType::rsa
                    : algorithm == Algorithm::eddsa ? crypto::KeyType::ed25519
                                                    : crypto::KeyType::p256;
  const auto pem = crypto::AsymmetricKey::generate_pem(type, 2048);
  return std::move(*jwt::Key::from_pem(algorithm, pem.reveal(), "kid"));
}

void measure(Algorithm algorithm, double seconds) {
  const std::string claims =
      R"({"token_type":"access","exp":4000000000,"iat":1790000000,"jti":"0123456789abcdef0123456789abcdef",)"
      R"("user_id":"1000","sid":"0123456789abcdef0123456789abcdef"})";
  const jwt::Key key = make_key(algorithm);
  const std::string token = key.sign(claims);
  const std::array<const jwt::Key*, 1> keys{&key};
  if (!jwt::verify(token, keys)) throw std::runtime_error("a token of ours is refused");
  const double signed_ones = rate(seconds, [&] { static_cast<void>(key.sign(claims)); });
  const double verified = rate(seconds, [&] { static_cast<void>(jwt::verify(token, keys)); });
  std::printf("%s %.0f %.0f\n", std::string(jwt::name(algorithm)).c_str(), signed_ones, verified);
}

}  // namespace

int main(int argc, char** argv) try {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  json::start();
  for (const auto algorithm : {Algorithm::hs256, Algorithm::es256, Algorithm::rs256, Algorithm::eddsa})
    measure(algorithm, seconds);
} catch (const std::exception& failure) {
  std::fprintf(stderr, "%s\n", failure.what());
  return 1;
}
