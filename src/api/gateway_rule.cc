#include "api/gateway_rule.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/percent.h"

namespace api {
namespace {

using tokens::Principal;

/// As nginx/auth-gateway.conf calls it. Looked at, so that a rule that is stuck to it by a mistake is not
/// taken for none.
constexpr std::string_view kLocation = "/jwtauthd-gateway";

/// Takes what stands before the next `end`.
std::string_view take(std::string_view& rest, char end) {
  const std::string_view piece = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
  return piece;
}

std::string decoded(std::string_view value) {
  return http::percent_decoded(value, http::Plus::stays);
}

/// nullptr: a credential that tells of none.
const std::vector<std::string>* groups_of(const Principal& principal) {
  if (principal.user) return &principal.user->groups;
  return principal.grant && principal.grant->subject ? &principal.grant->subject->groups : nullptr;
}

/// Nothing: the value cannot be read.
using Condition = std::optional<bool> (*)(std::string_view value, const Principal&, std::int64_t now);

std::optional<bool> is_user(std::string_view, const Principal& principal, std::int64_t) {
  return principal.user != nullptr;
}

std::optional<bool> is_login(std::string_view, const Principal& principal, std::int64_t) {
  return principal.grant == nullptr;
}

std::optional<bool> is_staff(std::string_view, const Principal& principal, std::int64_t) {
  return principal.user && principal.user->is_staff;
}

std::optional<bool> is_superuser(std::string_view, const Principal& principal, std::int64_t) {
  return principal.user && principal.user->is_superuser;
}

std::optional<bool> is_in_group(std::string_view value, const Principal& principal, std::int64_t) {
  const auto* groups = groups_of(principal);
  bool found = false;
  for (bool more = true; more;) {
    more = value.find(',') != std::string_view::npos;
    const std::string_view name = take(value, ',');
    if (name.empty()) return std::nullopt;
    found = found || (groups != nullptr && std::ranges::count(*groups, decoded(name)) > 0);
  }
  return found;
}

std::optional<bool> has_scope(std::string_view value, const Principal& principal, std::int64_t) {
  const std::string wanted = decoded(value);
  if (wanted.find(' ') != std::string::npos) return std::nullopt;
  if (principal.grant == nullptr) return true;
  std::string_view words = principal.grant->scope;
  while (!words.empty()) {
    if (take(words, ' ') == wanted) return true;
  }
  return false;
}

std::optional<bool> is_fresh(std::string_view value, const Principal& principal, std::int64_t now) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc() || end != value.data() + value.size() || seconds < 0) return std::nullopt;
  return now - principal.authenticated <= seconds;
}

struct Word {
  std::string_view name;  // with its `=`, where a value follows
  Condition condition;
};
constexpr Word kWords[] = {{"user", is_user},           {"login", is_login},     {"staff", is_staff},
                           {"superuser", is_superuser}, {"group=", is_in_group}, {"scope=", has_scope},
                           {"max_age=", is_fresh}};

constexpr std::string_view kToken = "token=";

std::optional<bool> holds(std::string_view word, const Principal& principal, std::int64_t now) {
  const std::size_t name_length = std::min(word.size(), word.find('=')) + (word.find('=') < word.size());
  const std::string_view name = word.substr(0, name_length);
  const std::string_view value = word.substr(name_length);
  const auto* known = std::ranges::find(kWords, name, &Word::name);
  if (known == std::end(kWords) || value.empty() == name.ends_with('=')) return std::nullopt;
  return known->condition(value, principal, now);
}

}  // namespace

// A word that cannot be read counts, whatever the others say.
Judgement judge(std::string_view rule, const Principal& principal, std::int64_t now) {
  Judgement judgement;
  if (take(rule, ' ') != kLocation) return {Verdict::unreadable};
  while (!rule.empty()) {
    const std::string_view word = take(rule, ' ');
    if (word.empty()) continue;
    if (word.starts_with(kToken) && judgement.audience.empty()) {
      judgement.audience = decoded(word.substr(kToken.size()));
      if (judgement.audience.empty()) return {Verdict::unreadable};
      continue;
    }
    const auto held = holds(word, principal, now);
    if (!held) return {Verdict::unreadable};
    if (!*held) judgement.verdict = Verdict::unmet;
  }
  return judgement;
}

}  // namespace api
