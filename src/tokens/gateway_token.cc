#include "tokens/gateway_token.h"

#include <algorithm>

#include "json/writer.h"

namespace tokens {
namespace {

constexpr std::int64_t kLifetime = 60;          // seconds
constexpr std::size_t kLongestOptional = 1024;  // bytes, of what a user may have much of

/// What a token says of its subject beside `sub`.
struct Description {
  std::string_view username;
  std::string_view email;
  const std::vector<std::string>& groups;
};

Description describe(const Principal& principal) {
  if (principal.user) return {principal.user->username, principal.user->email, principal.user->groups};
  // Under our `iss` an upstream would take another issuer's names for ours.
  return {{}, {}, principal.grant->subject.value().groups};
}

std::string subject_of(const Principal& principal) {
  if (principal.user) return std::to_string(principal.user->id);
  const ForeignSubject& subject = principal.grant->subject.value();
  return subject.issuer + "|" + subject.subject;
}

/// Adds claims as long as there is room for them.
class Claims {
 public:
  explicit Claims(json::Object& object) : object_(object) {}

  void add(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    std::string quoted;
    json::append_quoted(quoted, text);
    add_raw(name, quoted);
  }
  void add_raw(std::string_view name, const std::string& json) {
    const std::size_t size = name.size() + json.size();
    if (size > left_) return;
    left_ -= size;
    object_.raw(name, json);
  }

 private:
  json::Object& object_;
  std::size_t left_ = kLongestOptional;
};

}  // namespace

util::Result<std::string> GatewayTokens::issue(const Principal& principal, std::string_view audience) const {
  const auto key = keys_.signing_key();
  if (jwt::is_hmac(key->algorithm()))
    return util::fail("token= needs a key pair, not a secret, to sign with");
  if (audience == options_.audience) return util::fail("token= names tokens.audience, our own");

  const std::int64_t now = clock_.unix_now();
  std::string text;
  json::Object object(text);
  object.field(options_.token_type_claim, std::string_view("gateway"));
  if (!options_.issuer.empty()) object.field("iss", options_.issuer);
  object.field("aud", audience)
      .field("iat", now)
      .field("exp", std::min(now + kLifetime, principal.token_expires));
  object.field("sub", subject_of(principal));
  if (principal.grant) {  // always: without it a limited credential looks like a login
    const std::string_view scope = principal.grant->scope;
    object.field("scope", scope.size() <= kLongestOptional ? scope : std::string_view{});
  }
  Claims claims(object);
  const Description about = describe(principal);
  claims.add("username", about.username);
  claims.add("email", about.email);
  if (!about.groups.empty()) claims.add_raw("groups", json::quoted_array(about.groups));
  object.close();
  return key->sign(text);
}

}  // namespace tokens
