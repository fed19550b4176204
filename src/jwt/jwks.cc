#include "jwt/jwks.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "crypto/asymmetric_key.h"
#include "json/value.h"
#include "jwt/key_impl.h"
#include "jwt/strict_object.h"
#include "util/encoding.h"
#include "util/log.h"

namespace jwt {
namespace {

using json::Type;
using json::Value;

/// In the order in which a key without `alg` gets one.
constexpr std::array<Algorithm, 10> asymmetric{
    Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256, Algorithm::ps384,
    Algorithm::ps512, Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa};

/// RFC 7518 section 6: what only the owner of a key may know.
constexpr std::array<std::string_view, 9> secret_members{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"};

/// A row: which members make which key.
struct Form {
  std::string_view kty;
  std::string_view crv;  // empty: not asked
  crypto::KeyType type;
  std::string_view first;
  std::string_view second;  // empty: one number is enough
};
constexpr std::array<Form, 5> forms{{
    {"RSA", "", crypto::KeyType::rsa, "n", "e"},
    {"EC", "P-256", crypto::KeyType::p256, "x", "y"},
    {"EC", "P-384", crypto::KeyType::p384, "x", "y"},
    {"EC", "P-521", crypto::KeyType::p521, "x", "y"},
    {"OKP", "Ed25519", crypto::KeyType::ed25519, "x", ""},
}};

/// Empty: absent, or no string.
std::string text_member(const Value& object, std::string_view name) {
  const auto member = object.get(name);
  return member && member->is(Type::string) ? std::string(member->as_string()) : std::string();
}

bool may_verify(const Value& jwk) {
  if (jwk.has("use") && text_member(jwk, "use") != "sig") return false;
  const auto operations = jwk.get("key_ops");
  if (!operations) return true;
  for (std::size_t i = 0; i < operations->size(); ++i) {
    const Value operation = operations->at(i);
    if (operation.is(Type::string) && operation.as_string() == "verify") return true;
  }
  return false;
}

std::optional<std::string_view> secret_in(const Value& jwk) {
  if (text_member(jwk, "kty") == "oct") return "k";
  for (const std::string_view name : secret_members) {
    if (jwk.has(name)) return name;
  }
  return std::nullopt;
}

util::Result<crypto::AsymmetricKey> read_numbers(const Value& jwk) {
  const std::string kty = text_member(jwk, "kty");
  const std::string crv = text_member(jwk, "crv");
  const auto form = std::find_if(forms.begin(), forms.end(), [&](const Form& row) {
    return row.kty == kty && (row.crv.empty() || row.crv == crv);
  });
  if (form == forms.end()) return util::fail("is of a type or on a curve that is not known here");
  const auto first = util::from_base64url(text_member(jwk, form->first));
  const auto second = util::from_base64url(form->second.empty() ? "" : text_member(jwk, form->second));
  if (!first || !second) return util::fail("has a number that is not base64url");
  auto key = crypto::AsymmetricKey::from_public(form->type, *first, *second);
  if (!key) return util::fail("is refused: " + key.error().message);
  return key;
}

std::optional<Algorithm> algorithm_for(const Value& jwk, const crypto::AsymmetricKey& key,
                                       std::span<const Algorithm> allowed) {
  const bool names_one = jwk.has("alg");
  const std::string named = text_member(jwk, "alg");
  const auto found = std::find_if(allowed.begin(), allowed.end(), [&](Algorithm algorithm) {
    const auto* const primitive = std::get_if<crypto::SignatureAlg>(&row_of(algorithm).primitive);
    return primitive != nullptr && key.fits(*primitive) && (!names_one || name(algorithm) == named);
  });
  if (found == allowed.end()) return std::nullopt;
  return *found;
}

/// The error says why it is passed over.
util::Result<PublishedKey> read_jwk(const Value& jwk, std::span<const Algorithm> allowed) {
  if (!may_verify(jwk)) return util::fail("is not for signatures");
  auto pair = read_numbers(jwk);
  if (!pair) return util::unexpected(pair.error());
  const auto algorithm = algorithm_for(jwk, *pair, allowed);
  if (!algorithm) return util::fail("is for no algorithm that is allowed");
  std::string thumbprint = pair->thumbprint();
  auto key = Key::from_pair(*algorithm, std::move(*pair), text_member(jwk, "kid"));
  if (!key) return util::unexpected(key.error());
  return PublishedKey{std::move(*key), std::move(thumbprint)};
}

std::string name_of(const Value& jwk, std::size_t index) {
  const std::string kid = text_member(jwk, "kid");
  return kid.empty() ? "key " + std::to_string(index + 1) : "key " + util::log::quoted(kid, 80);
}

bool is_named_already(const JwkSet& set, const Key& key) {
  return std::any_of(set.keys.begin(), set.keys.end(), [&](const PublishedKey& known) {
    return !key.kid().empty() && known.key.kid() == key.kid();
  });
}

}  // namespace

util::Result<JwkSet> read_jwk_set(std::string_view text, std::span<const Algorithm> allowed) {
  if (text.size() > max_jwk_set_bytes) return util::fail("is longer than 128 KiB");
  const auto object = parse_strict_object(text);
  const auto keys = object ? object->get("keys") : std::nullopt;
  if (!keys || !keys->is(Type::array)) return util::fail("is no JWK set: a JSON object with the list keys");
  if (keys->size() > max_jwk_set_keys) return util::fail("has more than 64 keys");
  if (allowed.empty()) allowed = asymmetric;

  for (std::size_t i = 0; i < keys->size(); ++i) {
    if (const auto secret = secret_in(keys->at(i))) {
      return util::fail(name_of(keys->at(i), i) + " has the member " + std::string(*secret) +
                        ": a private or symmetric key must not be handed out");
    }
  }
  JwkSet set;
  for (std::size_t i = 0; i < keys->size(); ++i) {
    auto read = read_jwk(keys->at(i), allowed);
    if (!read) {
      set.passed_over.push_back(name_of(keys->at(i), i) + " " + read.error().message);
    } else if (is_named_already(set, read->key)) {
      set.passed_over.push_back(name_of(keys->at(i), i) + " is there twice, and the first one counts");
    } else {
      set.keys.push_back(std::move(*read));
    }
  }
  if (!set.keys.empty()) return set;
  std::string why = "has no key that can verify";
  for (const std::string& reason : set.passed_over) why += "; " + reason;
  return util::fail(std::move(why));
}

}  // namespace jwt
