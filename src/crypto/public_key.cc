#include "crypto/public_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <string>
#include <utility>

#include "crypto/pem_key.h"
#include "crypto/sodium_ready.h"

namespace crypto {
namespace {

using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM_free>>;

const char* curve_name(KeyType type) {
  return type == KeyType::p256 ? "prime256v1" : type == KeyType::p384 ? "secp384r1" : "secp521r1";
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

EvpPkeyPtr build(const char* algorithm, OSSL_PARAM_BLD* builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  const EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  EVP_PKEY* pkey = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &pkey, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return EvpPkeyPtr(pkey);
}

/// RFC 7518 section 2, Base64urlUInt: the fewest bytes that hold the number.
bool is_minimal(std::string_view number) {
  return !number.empty() && number.front() != '\0';
}

util::Result<EvpPkeyPtr> rsa(std::string_view modulus, std::string_view exponent) {
  if (!is_minimal(modulus) || !is_minimal(exponent)) {
    return util::fail("a number of the RSA key is empty or begins with a zero byte");
  }
  if (modulus.size() > 2048 || exponent.size() > 8) return util::fail("the RSA key is too large to be used");
  const BnPtr n(BN_bin2bn(bytes_of(modulus), static_cast<int>(modulus.size()), nullptr));
  const BnPtr e(BN_bin2bn(bytes_of(exponent), static_cast<int>(exponent.size()), nullptr));
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  EvpPkeyPtr pkey;
  if (n && e && builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1) {
    pkey = build("RSA", builder.get());
  }
  if (!pkey || !BN_is_odd(n.get())) return util::fail("the numbers make no RSA key");
  return pkey;
}

/// OpenSSL takes no point off the curve, and no coordinate beyond the field.
util::Result<EvpPkeyPtr> ec(KeyType curve, std::string_view x, std::string_view y) {
  const std::size_t width = field_bytes(curve);
  if (x.size() != width || y.size() != width) {
    return util::fail("a coordinate of the EC key has not " + std::to_string(width) + " bytes");
  }
  const std::string point = std::string("\x04").append(x).append(y);
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  EvpPkeyPtr pkey;
  if (builder &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve_name(curve), 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) ==
          1) {
    pkey = build("EC", builder.get());
  }
  if (!pkey) return util::fail("the EC key is no point of its curve");
  return pkey;
}

util::Result<EvpPkeyPtr> ed25519(std::string_view x) {
  if (x.size() != crypto_core_ed25519_BYTES) return util::fail("the Ed25519 key has not 32 bytes");
  sodium_ready();
  // OpenSSL takes any 32 bytes. With a point of small order everybody can sign.
  if (crypto_core_ed25519_is_valid_point(bytes_of(x)) != 1) {
    return util::fail("the Ed25519 key is no point of its curve's main subgroup");
  }
  EvpPkeyPtr pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()));
  if (!pkey) return util::fail("the Ed25519 key cannot be read");
  return pkey;
}

}  // namespace

std::size_t field_bytes(KeyType type) noexcept {
  switch (type) {
    case KeyType::p256:
      return 32;
    case KeyType::p384:
      return 48;
    case KeyType::p521:
      return 66;
    case KeyType::rsa:
    case KeyType::ed25519:
      break;
  }
  return 0;
}

util::Result<EvpPkeyPtr> read_public_key(KeyType type, std::string_view first, std::string_view second) {
  struct ClearErrors {
    ~ClearErrors() { ERR_clear_error(); }
  } clear_errors;
  auto pkey = type == KeyType::rsa       ? rsa(first, second)
              : type == KeyType::ed25519 ? ed25519(first)
                                         : ec(type, first, second);
  if (!pkey) return pkey;
  if (const auto found = type_of(pkey->get()); !found) return util::unexpected(found.error());
  return pkey;
}

}  // namespace crypto
