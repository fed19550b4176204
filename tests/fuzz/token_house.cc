#include "token_house.h"

#include <variant>

#include "crypto/asymmetric_key.h"

namespace fuzz {
namespace {

crypto::KeyType type_for(jwt::Algorithm algorithm) {
  switch (algorithm) {
    case jwt::Algorithm::es256:
      return crypto::KeyType::p256;
    case jwt::Algorithm::eddsa:
      return crypto::KeyType::ed25519;
    default:
      return crypto::KeyType::rsa;
  }
}

tokens::KeyRing open_ring(jwt::Algorithm algorithm, std::string& public_pem) {
  tokens::KeyRingOptions options;
  options.algorithm = algorithm;
  if (jwt::is_hmac(algorithm)) {
    options.secret = util::Secret(tokens_test::secret);
  } else {
    const auto pem = crypto::AsymmetricKey::generate_pem(type_for(algorithm), 2048);
    public_pem = crypto::AsymmetricKey::from_pem(pem.reveal()).value().public_pem();
    options.private_pem = pem.reveal();
  }
  return std::move(tokens::KeyRing::open(std::move(options)).value());
}

}  // namespace

TokenHouse::TokenHouse(jwt::Algorithm algorithm) : ring_(open_ring(algorithm, public_pem_)) {
  users_.put(7, "ada");
  pair_ = issuer_.issue_pair(users_.find_by_id(7).value());
  if (!verifies(access()) || !verifies(refresh()) || !lets_in(access())) {
    throw std::logic_error("the tokens of " + std::string(name()) + " are refused");
  }
}

bool TokenHouse::verifies(std::string_view token) const {
  return verifier_.verify(token, std::nullopt).has_value();
}

bool TokenHouse::lets_in(std::string_view token) {
  constexpr std::string_view blanks(" \t\n\v\f\r");
  if (token.empty() || blanks.find(token.front()) != blanks.npos ||
      blanks.find(token.back()) != blanks.npos) {
    return verifies(token);
  }
  const auto outcome = bearer_.authenticate("Bearer " + std::string(token), true);
  return std::holds_alternative<tokens::Principal>(outcome);
}

std::deque<TokenHouse>& token_houses() {
  static auto* const houses = [] {
    auto* const made = new std::deque<TokenHouse>;
    for (const auto algorithm :
         {jwt::Algorithm::hs256, jwt::Algorithm::rs256, jwt::Algorithm::es256, jwt::Algorithm::eddsa}) {
      made->emplace_back(algorithm);
    }
    return made;
  }();
  return *houses;
}

}  // namespace fuzz
