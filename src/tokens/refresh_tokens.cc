#include "tokens/refresh_tokens.h"

#include <utility>

#include "tokens/session_id.h"

namespace tokens {

Good good(Verified token, const TokenUsers& users, std::string_view jti_claim, bool may_ask_database) {
  const auto session = session_of(token.claims, jti_claim);
  const auto named = users.read(token.claims, may_ask_database);
  const auto* user = std::get_if<TokenUsers::Named>(&named);
  return {std::move(token), user == nullptr ? nobody : user->id, session.id, session.has_sid};
}

std::optional<std::shared_ptr<const KnownUser>> told_user(const Issuer& issuer, const TokenUsers& users,
                                                          std::int64_t id, bool may_ask_database) {
  if (!issuer.tells_of_user() || id == nobody) return nullptr;
  return users.known(id, may_ask_database);
}

std::variant<std::monostate, RefreshRefusal, NeedsDatabase> check_user(const TokenUsers& users,
                                                                       std::int64_t id,
                                                                       const UserClaims& said,
                                                                       const UserCheck& how) {
  if (id == nobody) return RefreshRefusal::no_account;
  if (!how.looks && !users.rules().check_password) return std::monostate{};
  const auto found = users.find(id, said, how.may_ask_database);
  if (std::holds_alternative<NeedsDatabase>(found)) return NeedsDatabase{};
  if (std::holds_alternative<std::shared_ptr<const KnownUser>>(found)) return std::monostate{};
  const auto* defect = std::get_if<BearerDefect>(&found);
  const bool changed = defect != nullptr && *defect == BearerDefect::password_changed;
  return changed ? RefreshRefusal::password_changed : RefreshRefusal::no_account;
}

}  // namespace tokens
