// tests/interop/jwks gives this program's tokens to other libraries, and theirs to this program.
//
//   jwks_exchange issue FILE ISSUER AUDIENCE         new keys, their JWK set in FILE, on stdout a line `ALG
//   TOKEN` each jwks_exchange accept FILE ISSUER AUDIENCE        stdin: lines `NAME TOKEN`; stdout: `NAME
//   good SUBJECT`, `NAME refused`
#include <array>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <variant>

#include "crypto/asymmetric_key.h"
#include "json/value.h"
#include "json/writer.h"
#include "jwt/key.h"
#include "tokens/trusted_issuers.h"
#include "util/clock.h"

namespace {

using crypto::AsymmetricKey;
using crypto::KeyType;
using jwt::Algorithm;

struct Row {
  Algorithm algorithm;
  KeyType type;
};
constexpr std::array<Row, 10> rows{{{Algorithm::rs256, KeyType::rsa},
                                    {Algorithm::rs384, KeyType::rsa},
                                    {Algorithm::rs512, KeyType::rsa},
                                    {Algorithm::ps256, KeyType::rsa},
                                    {Algorithm::ps384, KeyType::rsa},
                                    {Algorithm::ps512, KeyType::rsa},
                                    {Algorithm::es256, KeyType::p256},
                                    {Algorithm::es384, KeyType::p384},
                                    {Algorithm::es512, KeyType::p521},
                                    {Algorithm::eddsa, KeyType::ed25519}}};

struct Names {
  std::string file;
  std::string issuer;
  std::string audience;
};

std::string claims(const Names& names) {
  const std::int64_t now = util::SystemClock().unix_now();
  std::string text;
  json::Object object(text);
  object.field("token_type", std::string_view("access")).field("exp", now + 300).field("iat", now);
  object.field("jti", std::string_view("1")).field("sub", std::string_view("ada"));
  object.field("aud", std::string_view(names.audience)).field("iss", std::string_view(names.issuer)).close();
  return text;
}

void issue(const Names& names) {
  std::string keys;
  for (const Row& row : rows) {
    const auto pem = AsymmetricKey::generate_pem(row.type, 2048);
    const auto pair = AsymmetricKey::from_pem(pem.reveal());
    const auto key = jwt::Key::from_pem(row.algorithm, pem.reveal(), pair->thumbprint());
    const std::string alg(jwt::name(row.algorithm));
    keys += (keys.empty() ? "" : ",") + (R"({"alg":")" + alg) + R"(","kid":")" + key->kid() +
            R"(","use":"sig",)" + pair->public_jwk().substr(1);
    std::cout << alg << ' ' << key->sign(claims(names)) << '\n';
  }
  std::ofstream(names.file) << R"({"keys":[)" << keys << "]}";
}

void accept(const Names& names) {
  const util::SystemClock clock;
  tokens::TrustedIssuers trusted({{names.issuer, names.audience, names.file, {}}}, clock, {});
  if (const auto looked = trusted.look(); !looked) throw std::runtime_error(looked.error().message);
  std::string name;
  std::string token;
  while (std::cin >> name >> token) {
    const auto outcome = trusted.vouch(token, false);
    const auto* const vouched = std::get_if<tokens::Vouched>(&outcome);
    const bool is_good = trusted.takes(token) && vouched != nullptr;
    std::cout << name << (is_good ? " good " + vouched->grant->subject->subject : " refused") << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) throw std::runtime_error("jwks_exchange issue|accept FILE ISSUER AUDIENCE");
  json::start();
  const Names names{argv[2], argv[3], argv[4]};
  std::string(argv[1]) == "issue" ? issue(names) : accept(names);
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
