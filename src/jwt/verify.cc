#include "jwt/verify.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "crypto/asymmetric_key.h"
#include "crypto/digest.h"
#include "jwt/compact.h"
#include "jwt/header.h"
#include "jwt/key_impl.h"
#include "jwt/libjwt.h"
#include "jwt/strict_object.h"
#include "util/secret.h"

namespace jwt {

/// One token against the keys that may have signed it.
class Verification {
 public:
  Verification(std::string_view token, const Compact& compact, std::span<const Key* const> keys,
               HeaderType types)
      : token_(token), compact_(compact), keys_(keys), types_(types) {}

  util::Result<const Key*, Defect> key() const {
    // Our own tokens begin with bytes that we wrote: no need to read them.
    for (const Key* key : keys_) {
      if (compact_.encoded_header == key->impl_->header) {
        return key->kid().empty() ? try_all(name_of(*key)) : try_one(*key);
      }
    }
    const auto header = read_header(compact_.encoded_header, types_);
    if (!header) return util::unexpected(Defect::malformed);
    const bool named =
        std::any_of(keys_.begin(), keys_.end(), [](const Key* key) { return !key->kid().empty(); });
    if (!header->has_kid || !named) return try_all(header->algorithm);

    const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const Key* candidate) {
      return !candidate->kid().empty() && candidate->kid() == header->kid;
    });
    if (key == keys_.end()) return util::unexpected(Defect::unknown_key);
    if (name_of(**key) != header->algorithm) return util::unexpected(Defect::wrong_algorithm);
    return try_one(**key);
  }

 private:
  static std::string_view name_of(const Key& key) { return key.impl_->row.name; }

  util::Result<const Key*, Defect> try_all(std::string_view algorithm) const {
    bool fits = false;
    for (const Key* key : keys_) {
      if (name_of(*key) != algorithm) continue;
      fits = true;
      if (signed_by(*key)) return key;
    }
    return util::unexpected(fits ? Defect::bad_signature : Defect::wrong_algorithm);
  }

  util::Result<const Key*, Defect> try_one(const Key& key) const {
    if (signed_by(key)) return &key;
    return util::unexpected(Defect::bad_signature);
  }

  bool signed_by(const Key& key) const {
    if (const auto* secret = std::get_if<util::Secret>(&key.impl_->material)) {
      // libjwt does not ask whether its HMAC was computed: without memory it compares with what lay there.
      // Hence our own look first. libjwt's has the last word still: it is the library that judges tokens
      // here, and two that must agree do not share a fault.
      const auto hash = std::get<crypto::HashAlg>(key.impl_->row.primitive);
      const std::string expected = crypto::hmac(hash, secret->reveal(), compact_.signed_part);
      if (!util::equal_constant_time(expected, compact_.signature)) return false;
      return libjwt::vouches_for(std::string(token_), secret->reveal(), name_of(key));
    }
    const auto& pair = std::get<crypto::AsymmetricKey>(key.impl_->material);
    const auto alg = std::get<crypto::SignatureAlg>(key.impl_->row.primitive);
    return pair.verify(alg, compact_.signed_part, compact_.signature);
  }

  std::string_view token_;
  const Compact& compact_;
  std::span<const Key* const> keys_;
  HeaderType types_;
};

util::Result<Vouched, Defect> verify(std::string_view token, std::span<const Key* const> keys,
                                     HeaderType types) {
  const auto compact = split_compact(token);
  if (!compact) return util::unexpected(Defect::malformed);
  const auto key = Verification(token, *compact, keys, types).key();
  if (!key) return util::unexpected(key.error());
  auto claims = parse_strict_object(compact->claims);
  if (!claims) return util::unexpected(Defect::malformed);
  return Vouched{std::move(*claims), *key};
}

}  // namespace jwt
