#include "tokens/token_users.h"

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace tokens {
namespace {

// Whole seconds of `iat`, a worker's clock that is a little behind, the directory's longest cycle.
constexpr std::int64_t slack_seconds = 2;

std::uint64_t hash_of(std::string_view username) {
  return std::hash<std::string_view>{}(username);
}

std::int64_t issue_time(const json::Value& claims) {
  const auto iat = claims.get("iat");
  return iat && iat->is(json::Type::integer) ? iat->as_integer() : 0;
}

/// All zero unless the claim is such a digest; no stored hash has that one.
PasswordMark told_mark(const json::Value& claims, std::string_view name) {
  const auto claim = claims.get(name);
  PasswordMark mark{};
  if (!claim || !claim->is(json::Type::string) || claim->as_string().size() != 2 * mark.size()) return mark;
  const std::string_view text = claim->as_string();
  for (std::size_t i = 0; i < text.size(); ++i) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const std::size_t digit = digits.find(text[i]);
    if (digit == std::string_view::npos) return {};
    mark[i / 2] = static_cast<unsigned char>(mark[i / 2] << 4 | digit);
  }
  return mark;
}

/// As Django compares a CharField with the claim: a number by its digits.
std::optional<std::string> told_username(const json::Value& claim) {
  if (claim.is(json::Type::string) && !claim.lone_surrogate()) return std::string(claim.as_string());
  if (claim.is(json::Type::integer)) return std::to_string(claim.as_integer());
  return std::nullopt;
}

TokenUsers::Found judge(const UserRules& rules, std::shared_ptr<const KnownUser> user,
                        const UserClaims& said) {
  if (user == nullptr)
    return rules.by_username ? TokenUsers::Found(TokenUsers::Renamed{})
                             : TokenUsers::Found(BearerDefect::user_not_found);
  if (rules.by_username && hash_of(user->username) != said.username) return TokenUsers::Renamed{};
  if (rules.check_active && !user->is_active) return BearerDefect::user_inactive;
  if (rules.check_password && user->password != said.password) return BearerDefect::password_changed;
  return user;
}

}  // namespace

TokenUsers::NamedOutcome TokenUsers::read(const json::Value& claims, bool may_ask_database) const {
  Named named{nobody, {}};
  named.said.issued = issue_time(claims);
  if (rules_.check_password) named.said.password = told_mark(claims, rules_.revoke_claim);
  if (!rules_.by_username) {
    const auto id = named_user(claims, rules_.user_id_claim);
    if (!id) return BearerDefect::no_user_claim;
    named.id = *id;
    return named;
  }

  const auto claim = claims.get(rules_.user_id_claim);
  if (!claim) return BearerDefect::no_user_claim;
  const auto username = told_username(*claim);
  if (!username) return named;
  if (!may_ask_database) return NeedsDatabase{};
  named.id = directory_.find_id(*username);
  if (named.id == nobody) return named;
  // Kept as the table has it: by the column's collation the claim may differ from it in case.
  if (const auto user = directory_.fetch(named.id)) named.said.username = hash_of(user->username);
  return named;
}

TokenUsers::Found TokenUsers::find(std::int64_t id, const UserClaims& said, bool may_ask_database) const {
  if (id == nobody) return BearerDefect::user_not_found;
  const auto user = known(id, may_ask_database);
  if (!user) return NeedsDatabase{};
  Found found = judge(rules_, *user, said);
  const auto* defect = std::get_if<BearerDefect>(&found);
  if (defect == nullptr || *defect != BearerDefect::password_changed) return found;

  // The token may be of after a change that the directory has not seen yet.
  if (!may_be_newer_than_known(said)) return found;
  if (!may_ask_database) return NeedsDatabase{};
  // Throws while the database is away, before the entry is dropped: it still serves the user's good tokens.
  directory_.find_id((*user)->username);
  directory_.forget(id);
  return judge(rules_, directory_.fetch(id), said);
}

TokenUsers::Found TokenUsers::find(std::int64_t id, bool may_ask_database) const {
  const auto user = known(id, may_ask_database);
  if (!user) return NeedsDatabase{};
  if (*user == nullptr) return BearerDefect::user_not_found;
  if (rules_.check_active && !(*user)->is_active) return BearerDefect::user_inactive;
  return *user;
}

std::optional<std::shared_ptr<const KnownUser>> TokenUsers::known(std::int64_t id,
                                                                  bool may_ask_database) const {
  auto user = directory_.recall(id);
  if (!user && may_ask_database) user = directory_.fetch(id);
  return user;
}

bool TokenUsers::may_be_newer_than_known(const UserClaims& said) const {
  const auto age = std::chrono::ceil<std::chrono::seconds>(directory_.age());
  return said.issued >= clock_.unix_now() - age.count() - slack_seconds;
}

}  // namespace tokens
