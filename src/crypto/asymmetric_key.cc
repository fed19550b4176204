#include "crypto/asymmetric_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/openssl_handles.h"
#include "crypto/pem_key.h"
#include "crypto/public_key.h"
#include "util/encoding.h"

namespace crypto {
namespace {

struct AlgRow {
  SignatureAlg alg;
  bool rsa;
  KeyType type;  // where rsa is false
  HashAlg hash;
  int padding;
};

/// RFC 7518 section 3.1, RFC 8037 section 3.1. In the order of SignatureAlg.
constexpr AlgRow alg_rows[] = {
    {SignatureAlg::rs256, true, KeyType::rsa, HashAlg::sha256, RSA_PKCS1_PADDING},
    {SignatureAlg::rs384, true, KeyType::rsa, HashAlg::sha384, RSA_PKCS1_PADDING},
    {SignatureAlg::rs512, true, KeyType::rsa, HashAlg::sha512, RSA_PKCS1_PADDING},
    {SignatureAlg::ps256, true, KeyType::rsa, HashAlg::sha256, RSA_PKCS1_PSS_PADDING},
    {SignatureAlg::ps384, true, KeyType::rsa, HashAlg::sha384, RSA_PKCS1_PSS_PADDING},
    {SignatureAlg::ps512, true, KeyType::rsa, HashAlg::sha512, RSA_PKCS1_PSS_PADDING},
    {SignatureAlg::es256, false, KeyType::p256, HashAlg::sha256, 0},
    {SignatureAlg::es384, false, KeyType::p384, HashAlg::sha384, 0},
    {SignatureAlg::es512, false, KeyType::p521, HashAlg::sha512, 0},
    {SignatureAlg::eddsa, false, KeyType::ed25519, HashAlg::sha512, 0},
};
constexpr std::size_t alg_count = std::size(alg_rows);

const AlgRow& row_of(SignatureAlg alg) {
  return alg_rows[static_cast<std::size_t>(alg)];
}

const EVP_MD* md_of(HashAlg hash) {
  switch (hash) {
    case HashAlg::sha256:
      return EVP_sha256();
    case HashAlg::sha384:
      return EVP_sha384();
    case HashAlg::sha512:
      break;
  }
  return EVP_sha512();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

[[noreturn]] void broken(const char* what) {
  ERR_clear_error();
  throw std::runtime_error(std::string("crypto: ") + what + " failed");
}

std::string ecdsa_to_jose(std::string_view der, std::size_t field) {
  const unsigned char* at = bytes_of(der);
  EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string out(2 * field, '\0');
  const int width = static_cast<int>(field);
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes_of(out), width) != width ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes_of(out) + field, width) != width) {
    broken("ECDSA signature");
  }
  return out;
}

std::string jose_to_ecdsa(std::string_view jose, std::size_t field) {
  EcdsaSigPtr signature(ECDSA_SIG_new());
  const int width = static_cast<int>(field);
  BnPtr r(BN_bin2bn(bytes_of(jose), width, nullptr));
  BnPtr s(BN_bin2bn(bytes_of(jose) + field, width, nullptr));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
    broken("ECDSA signature");
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0) broken("ECDSA signature");
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* out = bytes_of(der);
  i2d_ECDSA_SIG(signature.get(), &out);
  return der;
}

std::string big_number(EVP_PKEY* pkey, const char* parameter, std::size_t width) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, parameter, &raw) != 1) broken("reading a key");
  BnPtr number(raw);  // which wipes: it may be a private one
  const auto least = static_cast<std::size_t>(BN_num_bytes(number.get()));
  std::string out(std::max(width, least), '\0');
  if (BN_bn2binpad(number.get(), bytes_of(out), static_cast<int>(out.size())) < 0)
    broken("reading a public key");
  return out;
}

}  // namespace

struct AsymmetricKey::Impl {
  EvpPkeyPtr pkey;
  KeyType type;
  bool has_private;
  // Contexts made ready once and copied for each call: 2.5 us less a signature than making them anew.
  // RSA and ECDSA take a digest (EVP_PKEY_CTX), Ed25519 the message itself (EVP_MD_CTX).
  std::array<EvpPkeyCtxPtr, alg_count> signers;
  std::array<EvpPkeyCtxPtr, alg_count> verifiers;
  EvpMdCtxPtr ed_signer;
  EvpMdCtxPtr ed_verifier;

  Impl(EvpPkeyPtr key, KeyType key_type, bool is_private)
      : pkey(std::move(key)), type(key_type), has_private(is_private) {
    if (type == KeyType::ed25519) {
      prepare_ed25519();
      return;
    }
    for (const AlgRow& row : alg_rows) {
      if (!fits(row)) continue;
      const auto index = static_cast<std::size_t>(row.alg);
      verifiers[index] = prepare(row, EVP_PKEY_verify_init);
      if (has_private) signers[index] = prepare(row, EVP_PKEY_sign_init);
    }
  }

  bool fits(const AlgRow& row) const { return row.rsa ? type == KeyType::rsa : row.type == type; }

 private:
  EvpPkeyCtxPtr prepare(const AlgRow& row, int (*init)(EVP_PKEY_CTX*)) const {
    EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
    if (!context || init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_signature_md(context.get(), md_of(row.hash)) != 1) {
      broken("preparing a key");
    }
    if (row.rsa && EVP_PKEY_CTX_set_rsa_padding(context.get(), row.padding) != 1) broken("preparing a key");
    // The salt is as long as the digest, and a verifier takes no other: RFC 7518 section 3.5.
    if (row.padding == RSA_PKCS1_PSS_PADDING &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1) {
      broken("preparing a key");
    }
    return context;
  }

  void prepare_ed25519() {
    ed_verifier.reset(EVP_MD_CTX_new());
    if (!ed_verifier || EVP_DigestVerifyInit_ex(ed_verifier.get(), nullptr, nullptr, nullptr, nullptr,
                                                pkey.get(), nullptr) != 1) {
      broken("preparing a key");
    }
    if (!has_private) return;
    ed_signer.reset(EVP_MD_CTX_new());
    if (!ed_signer || EVP_DigestSignInit_ex(ed_signer.get(), nullptr, nullptr, nullptr, nullptr, pkey.get(),
                                            nullptr) != 1) {
      broken("preparing a key");
    }
  }
};

AsymmetricKey::AsymmetricKey(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
AsymmetricKey::AsymmetricKey(AsymmetricKey&&) noexcept = default;
AsymmetricKey& AsymmetricKey::operator=(AsymmetricKey&&) noexcept = default;
AsymmetricKey::~AsymmetricKey() = default;

util::Result<AsymmetricKey> AsymmetricKey::from_pem(std::string_view pem) {
  auto read = read_pem_key(pem);
  if (!read) return tl::unexpected(read.error());
  AsymmetricKey key(std::make_unique<Impl>(std::move(read->pkey), read->type, read->has_private));
  if (key.has_private()) {
    // A file whose two halves do not belong together would sign what nobody can verify.
    for (const AlgRow& row : alg_rows) {
      if (!key.fits(row.alg)) continue;
      const std::string_view probe = "probe";
      if (!key.verify(row.alg, probe, key.sign(row.alg, probe))) {
        return util::fail("the private and the public part of the key do not belong together");
      }
      break;
    }
  }
  return key;
}

util::Result<AsymmetricKey> AsymmetricKey::from_public(KeyType type, std::string_view first,
                                                       std::string_view second) {
  auto pkey = read_public_key(type, first, second);
  if (!pkey) return tl::unexpected(pkey.error());
  return AsymmetricKey(std::make_unique<Impl>(std::move(*pkey), type, false));
}

util::Secret AsymmetricKey::generate_pem(KeyType type, int rsa_bits) {
  EvpPkeyPtr pkey;
  switch (type) {
    case KeyType::rsa:
      pkey.reset(EVP_RSA_gen(static_cast<unsigned>(rsa_bits)));
      break;
    case KeyType::p256:
      pkey.reset(EVP_EC_gen("P-256"));
      break;
    case KeyType::p384:
      pkey.reset(EVP_EC_gen("P-384"));
      break;
    case KeyType::p521:
      pkey.reset(EVP_EC_gen("P-521"));
      break;
    case KeyType::ed25519:
      pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      break;
  }
  BioPtr out(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (!pkey || !out ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), pkey.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    broken("generating a key");
  }
  return util::Secret(bio_text(out.get()));
}

KeyType AsymmetricKey::type() const noexcept {
  return impl_->type;
}
bool AsymmetricKey::has_private() const noexcept {
  return impl_->has_private;
}
bool AsymmetricKey::fits(SignatureAlg alg) const noexcept {
  return impl_->fits(row_of(alg));
}

std::string AsymmetricKey::sign(SignatureAlg alg, std::string_view data) const {
  if (!has_private() || !fits(alg)) throw std::logic_error("crypto: sign() without the key for it");
  if (impl_->type == KeyType::ed25519) {
    EvpMdCtxPtr context(EVP_MD_CTX_new());
    std::string out(64, '\0');
    std::size_t size = out.size();
    if (!context || EVP_MD_CTX_copy_ex(context.get(), impl_->ed_signer.get()) != 1 ||
        EVP_DigestSign(context.get(), bytes_of(out), &size, bytes_of(data), data.size()) != 1) {
      broken("signing");
    }
    return out;
  }
  const AlgRow& row = row_of(alg);
  const std::string hash = digest(row.hash, data);
  EvpPkeyCtxPtr context(EVP_PKEY_CTX_dup(impl_->signers[static_cast<std::size_t>(alg)].get()));
  std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(impl_->pkey.get())), '\0');
  std::size_t size = out.size();
  if (!context || EVP_PKEY_sign(context.get(), bytes_of(out), &size, bytes_of(hash), hash.size()) != 1) {
    broken("signing");
  }
  out.resize(size);
  return row.rsa ? out : ecdsa_to_jose(out, field_bytes(impl_->type));
}

bool AsymmetricKey::verify(SignatureAlg alg, std::string_view data, std::string_view signature) const {
  if (!fits(alg)) return false;
  int verified = 0;
  if (impl_->type == KeyType::ed25519) {
    EvpMdCtxPtr context(EVP_MD_CTX_new());
    if (!context || EVP_MD_CTX_copy_ex(context.get(), impl_->ed_verifier.get()) != 1) broken("verifying");
    verified =
        EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(data), data.size());
  } else {
    const AlgRow& row = row_of(alg);
    std::string der;
    if (!row.rsa) {
      const std::size_t field = field_bytes(impl_->type);
      if (signature.size() != 2 * field) return false;
      der = jose_to_ecdsa(signature, field);
      signature = der;
    }
    const std::string hash = digest(row.hash, data);
    EvpPkeyCtxPtr context(EVP_PKEY_CTX_dup(impl_->verifiers[static_cast<std::size_t>(alg)].get()));
    if (!context) broken("verifying");
    verified =
        EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(), bytes_of(hash), hash.size());
  }
  if (verified != 1) ERR_clear_error();  // a forged signature must leave nothing for the thread's next call
  return verified == 1;
}

std::string AsymmetricKey::public_pem() const {
  BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_PUBKEY(out.get(), impl_->pkey.get()) != 1) broken("writing a public key");
  return std::string(bio_text(out.get()));
}

std::string AsymmetricKey::public_jwk() const {
  EVP_PKEY* const pkey = impl_->pkey.get();
  const auto ec = [&](const char* curve) {
    const std::size_t field = field_bytes(impl_->type);
    return std::string(R"({"crv":")") + curve + R"(","kty":"EC","x":")" +
           util::to_base64url(big_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, field)) + R"(","y":")" +
           util::to_base64url(big_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, field)) + R"("})";
  };
  switch (impl_->type) {
    case KeyType::p256:
      return ec("P-256");
    case KeyType::p384:
      return ec("P-384");
    case KeyType::p521:
      return ec("P-521");
    case KeyType::rsa:
      return R"({"e":")" + util::to_base64url(big_number(pkey, OSSL_PKEY_PARAM_RSA_E, 1)) +
             R"(","kty":"RSA","n":")" + util::to_base64url(big_number(pkey, OSSL_PKEY_PARAM_RSA_N, 1)) +
             R"("})";
    case KeyType::ed25519:
      break;
  }
  std::string raw(32, '\0');
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(pkey, bytes_of(raw), &size) != 1) broken("reading a public key");
  return R"({"crv":"Ed25519","kty":"OKP","x":")" + util::to_base64url(raw) + R"("})";
}

std::string AsymmetricKey::thumbprint() const {
  const Sha256 hash = sha256(public_jwk());
  return util::to_base64url({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

Sha256 AsymmetricKey::private_digest() const {
  if (!has_private()) throw std::logic_error("crypto: private_digest() of a public key");
  EVP_PKEY* const pkey = impl_->pkey.get();
  std::string material;
  if (impl_->type == KeyType::ed25519) {
    material.resize(32);
    std::size_t size = material.size();
    if (EVP_PKEY_get_raw_private_key(pkey, bytes_of(material), &size) != 1) broken("reading a private key");
  } else if (impl_->type == KeyType::rsa) {
    material = big_number(pkey, OSSL_PKEY_PARAM_RSA_D, 1);
  } else {
    material = big_number(pkey, OSSL_PKEY_PARAM_PRIV_KEY, field_bytes(impl_->type));
  }
  const Sha256 digest = sha256(material);
  util::wipe(material.data(), material.size());
  return digest;
}

}  // namespace crypto
