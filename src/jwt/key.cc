#include "jwt/key.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "json/writer.h"
#include "jwt/key_impl.h"
#include "util/encoding.h"

namespace jwt {
namespace {

using crypto::HashAlg;
using crypto::SignatureAlg;

constexpr std::array<AlgorithmRow, 13> rows{{
    {Algorithm::hs256, "HS256", HashAlg::sha256},
    {Algorithm::hs384, "HS384", HashAlg::sha384},
    {Algorithm::hs512, "HS512", HashAlg::sha512},
    {Algorithm::rs256, "RS256", SignatureAlg::rs256},
    {Algorithm::rs384, "RS384", SignatureAlg::rs384},
    {Algorithm::rs512, "RS512", SignatureAlg::rs512},
    {Algorithm::ps256, "PS256", SignatureAlg::ps256},
    {Algorithm::ps384, "PS384", SignatureAlg::ps384},
    {Algorithm::ps512, "PS512", SignatureAlg::ps512},
    {Algorithm::es256, "ES256", SignatureAlg::es256},
    {Algorithm::es384, "ES384", SignatureAlg::es384},
    {Algorithm::es512, "ES512", SignatureAlg::es512},
    {Algorithm::eddsa, "EdDSA", SignatureAlg::eddsa},
}};

// Members in PyJWT's order (by name), so that a header of ours and one of simplejwt's are the same bytes.
std::string header_of(const AlgorithmRow& row, const std::string& kid) {
  std::string text;
  json::Object header(text);
  header.field("alg", row.name);
  if (!kid.empty()) header.field("kid", std::string_view(kid));
  header.field("typ", std::string_view("JWT")).close();
  return util::to_base64url(text);
}

std::string_view text_of(const crypto::Sha256& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// With a space in the label, which no token has: the MAC is no token's signature.
util::Secret derive(std::string_view material) {
  crypto::Sha256 key = crypto::hmac_sha256(material, "jwtauthd derived key");
  util::Secret derived(text_of(key));
  util::wipe(key.data(), key.size());
  return derived;
}

}  // namespace

const AlgorithmRow& row_of(Algorithm algorithm) noexcept {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.algorithm == algorithm; });
  assert(row != rows.end());
  return *row;
}

std::string_view name(Algorithm algorithm) noexcept {
  return row_of(algorithm).name;
}

std::optional<Algorithm> algorithm_of(std::string_view name) noexcept {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.name == name; });
  if (row == rows.end()) return std::nullopt;
  return row->algorithm;
}

bool is_hmac(Algorithm algorithm) noexcept {
  return std::holds_alternative<HashAlg>(row_of(algorithm).primitive);
}

Key::Key(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Key::Key(Key&&) noexcept = default;
Key& Key::operator=(Key&&) noexcept = default;
Key::~Key() = default;

util::Result<Key> Key::from_secret(Algorithm algorithm, util::Secret secret, std::string kid) {
  const AlgorithmRow& row = row_of(algorithm);
  if (!is_hmac(algorithm)) {
    return util::fail(std::string(row.name) + " needs a PEM key, not a secret");
  }
  // libjwt takes any signature when it is given no key.
  if (secret.empty()) return util::fail("the signing secret is empty");
  std::string header = header_of(row, kid);
  util::Secret derived = derive(secret.reveal());
  return Key(std::make_unique<Impl>(
      Impl{row, std::move(secret), std::move(kid), std::move(header), std::move(derived)}));
}

util::Result<Key> Key::from_pem(Algorithm algorithm, std::string_view pem, std::string kid) {
  const AlgorithmRow& row = row_of(algorithm);
  if (is_hmac(algorithm)) {
    return util::fail(std::string(row.name) + " needs a secret, not a PEM key");
  }
  auto pair = crypto::AsymmetricKey::from_pem(pem);
  if (!pair) return util::unexpected(pair.error());
  return from_pair(algorithm, std::move(*pair), std::move(kid));
}

util::Result<Key> Key::from_pair(Algorithm algorithm, crypto::AsymmetricKey pair, std::string kid) {
  const AlgorithmRow& row = row_of(algorithm);
  const auto* const primitive = std::get_if<SignatureAlg>(&row.primitive);
  if (primitive == nullptr || !pair.fits(*primitive)) {
    return util::fail("the key is not of the type that " + std::string(row.name) + " needs");
  }
  std::string header = header_of(row, kid);
  util::Secret derived;
  if (pair.has_private()) {
    crypto::Sha256 digest = pair.private_digest();
    derived = derive(text_of(digest));
    util::wipe(digest.data(), digest.size());
  }
  return Key(std::make_unique<Impl>(
      Impl{row, std::move(pair), std::move(kid), std::move(header), std::move(derived)}));
}

Algorithm Key::algorithm() const noexcept {
  return impl_->row.algorithm;
}

bool Key::can_sign() const noexcept {
  const auto* pair = std::get_if<crypto::AsymmetricKey>(&impl_->material);
  return pair == nullptr || pair->has_private();
}

const std::string& Key::kid() const noexcept {
  return impl_->kid;
}

std::string Key::sign(std::string_view claims_json) const {
  assert(can_sign());
  std::string token = impl_->header;
  token += '.';
  token += util::to_base64url(claims_json);
  std::string signature;
  if (const auto* secret = std::get_if<util::Secret>(&impl_->material)) {
    signature = crypto::hmac(std::get<HashAlg>(impl_->row.primitive), secret->reveal(), token);
  } else {
    const auto& pair = std::get<crypto::AsymmetricKey>(impl_->material);
    signature = pair.sign(std::get<SignatureAlg>(impl_->row.primitive), token);
  }
  token += '.';
  token += util::to_base64url(signature);
  return token;
}

std::string Key::public_jwk() const {
  const auto* pair = std::get_if<crypto::AsymmetricKey>(&impl_->material);
  if (pair == nullptr) return {};
  const std::string members = pair->public_jwk();  // {"…":"…",…}
  std::string text;
  json::Object jwk(text);
  jwk.field("use", std::string_view("sig")).field("alg", impl_->row.name);
  if (!impl_->kid.empty()) jwk.field("kid", std::string_view(impl_->kid));
  jwk.close();
  text.back() = ',';
  return text.append(members, 1);
}

std::string public_jwk_set(std::span<const std::shared_ptr<const Key>> keys) {
  std::string list = "[";
  for (const auto& key : keys) {
    const std::string jwk = key->public_jwk();
    if (jwk.empty()) continue;
    if (list.size() > 1) list += ',';
    list += jwk;
  }
  std::string set;
  json::Object(set).raw("keys", list + "]").close();
  return set;
}

crypto::Sha256 Key::keyed_digest(std::string_view purpose, std::string_view data) const {
  assert(can_sign());
  std::string message = std::to_string(purpose.size());  // where one ends and the other begins is plain
  message.append(":").append(purpose).append(data);
  return crypto::hmac_sha256(impl_->derived.reveal(), message);
}

}  // namespace jwt
