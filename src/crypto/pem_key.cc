#include "crypto/pem_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstring>
#include <optional>
#include <string>

namespace crypto {
namespace {

/// One block as PEM_read_bio hands it out; the bytes may be a private key's.
struct Block {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;

  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { clear(); }
  void clear() noexcept {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    name = header = nullptr;
    data = nullptr;
    size = 0;
  }
  bool read(BIO* from) { return PEM_read_bio(from, &name, &header, &data, &size) == 1; }
};

EvpPkeyPtr pkcs8(const unsigned char** at, long size) {
  Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, at, size));
  return EvpPkeyPtr(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
}
EvpPkeyPtr traditional_rsa(const unsigned char** at, long size) {
  return EvpPkeyPtr(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, at, size));
}
EvpPkeyPtr traditional_ec(const unsigned char** at, long size) {
  return EvpPkeyPtr(d2i_PrivateKey(EVP_PKEY_EC, nullptr, at, size));
}
EvpPkeyPtr spki(const unsigned char** at, long size) {
  return EvpPkeyPtr(d2i_PUBKEY(nullptr, at, size));
}
EvpPkeyPtr traditional_rsa_public(const unsigned char** at, long size) {
  return EvpPkeyPtr(d2i_PublicKey(EVP_PKEY_RSA, nullptr, at, size));
}

struct Form {
  const char* name;
  bool has_private;
  EvpPkeyPtr (*decode)(const unsigned char** at, long size);
};

constexpr Form forms[] = {
    {PEM_STRING_PKCS8INF, true, pkcs8},
    {PEM_STRING_RSA, true, traditional_rsa},
    {PEM_STRING_ECPRIVATEKEY, true, traditional_ec},
    {PEM_STRING_PUBLIC, false, spki},
    {PEM_STRING_RSA_PUBLIC, false, traditional_rsa_public},
};

util::Result<KeyType> rsa_type(EVP_PKEY* pkey) {
  const int bits = EVP_PKEY_get_bits(pkey);
  if (bits < 2048)
    return util::fail("an RSA key needs at least 2048 bits, this one has " + std::to_string(bits));
  // OpenSSL verifies nothing beyond this, so such a key could never be used.
  if (bits > 16384) return util::fail("an RSA key of more than 16384 bits cannot be used");
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &raw) != 1)
    return util::fail("the RSA key has no exponent");
  const BnPtr exponent(raw);
  if (!BN_is_odd(exponent.get()) || BN_is_one(exponent.get()) || BN_num_bits(exponent.get()) > 64) {
    return util::fail("the RSA key's public exponent is not an odd number from 3 to 2^64");
  }
  return KeyType::rsa;
}

util::Result<KeyType> ec_type(EVP_PKEY* pkey) {
  int spelled_out = 0;
  EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelled_out);
  char curve[64] = {};
  std::size_t size = 0;
  if (spelled_out == 0 && EVP_PKEY_get_group_name(pkey, curve, sizeof curve, &size) == 1) {
    if (std::strcmp(curve, "prime256v1") == 0) return KeyType::p256;
    if (std::strcmp(curve, "secp384r1") == 0) return KeyType::p384;
    if (std::strcmp(curve, "secp521r1") == 0) return KeyType::p521;
  }
  return util::fail("an EC key must be on one of the named curves P-256, P-384 and P-521");
}

util::Result<PemKey> decode(const Block& block) {
  if (std::strcmp(block.name, PEM_STRING_PKCS8) == 0 || std::strstr(block.header, "ENCRYPTED") != nullptr) {
    return util::fail("the PEM is encrypted; give it without a passphrase, readable by the service only");
  }
  for (const Form& form : forms) {
    if (std::strcmp(block.name, form.name) != 0) continue;
    const unsigned char* at = block.data;
    EvpPkeyPtr pkey = form.decode(&at, block.size);
    if (!pkey || at != block.data + block.size) {
      return util::fail(std::string("the PEM block ") + block.name + " holds no key that can be read");
    }
    const auto type = type_of(pkey.get());
    if (!type) return tl::unexpected(type.error());
    return PemKey{std::move(pkey), *type, form.has_private};
  }
  return util::fail(std::string("a PEM block ") + block.name + " where a private or public key belongs");
}

bool only_white_space_left(BIO* in) {
  char c = 0;
  while (BIO_read(in, &c, 1) == 1) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return false;
  }
  return true;
}

}  // namespace

util::Result<KeyType> type_of(EVP_PKEY* pkey) {
  switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_RSA:
      return rsa_type(pkey);
    case EVP_PKEY_EC:
      return ec_type(pkey);
    case EVP_PKEY_ED25519:
      return KeyType::ed25519;
    default:
      return util::fail("the key is none of RSA, EC and Ed25519");
  }
}

util::Result<PemKey> read_pem_key(std::string_view pem) {
  // Longer than any key that passes the checks below (RSA 16384: 13 KiB).
  if (pem.size() > 64 * 1024) return util::fail("the PEM is longer than 64 KiB");
  struct ClearErrors {
    ~ClearErrors() { ERR_clear_error(); }
  } clear_errors;
  BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Block block;
  if (!in || !block.read(in.get())) return util::fail("no PEM block found");
  if (std::strcmp(block.name, PEM_STRING_ECPARAMETERS) == 0) {  // `openssl ecparam -genkey` puts one in front
    block.clear();
    if (!block.read(in.get())) return util::fail("no key behind the PEM block EC PARAMETERS");
  }
  auto key = decode(block);
  if (key && !only_white_space_left(in.get())) return util::fail("something follows the key in the PEM");
  return key;
}

}  // namespace crypto
