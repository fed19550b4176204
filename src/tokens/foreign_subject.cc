#include "tokens/foreign_subject.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "tokens/claim_rules.h"

namespace tokens {
namespace {

using json::Type;
using json::Value;

bool is_whole_text(const Value& value) {
  return value.is(Type::string) && !value.lone_surrogate();
}

/// The first of these claims that is a text and not empty; else empty.
std::string first_text(const Value& claims, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto claim = claims.get(name);
    if (claim && is_whole_text(*claim) && !claim->as_string().empty()) return std::string(claim->as_string());
  }
  return {};
}

/// Some write the text.
bool says_no(const Value& claim) {
  return is_text(claim, "false") || (claim.is(Type::boolean) && !claim.as_boolean());
}

std::vector<std::string> read_groups(const Value& claims) {
  const auto claim = claims.get("groups");
  std::vector<std::string> groups;
  if (!claim || !claim->is(Type::array)) return groups;
  for (std::size_t i = 0; i < claim->size(); ++i) {
    const Value group = claim->at(i);
    if (!is_whole_text(group)) return {};
    groups.emplace_back(group.as_string());
  }
  return groups;
}

/// One scope-token of RFC 6749 section 3.3.
bool is_scope(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(),
                                      [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

void add_scope(std::string& scope, std::string_view word) {
  if (is_scope(word)) scope.append(scope.empty() ? "" : " ").append(word);
}

}  // namespace

std::optional<ForeignSubject> read_subject(const Value& claims) {
  ForeignSubject subject;
  subject.subject = first_text(claims, {"sub"});
  if (subject.subject.empty()) return std::nullopt;
  subject.username = first_text(claims, {"preferred_username", "username"});
  const auto verified = claims.get("email_verified");
  if (!verified || !says_no(*verified)) subject.email = first_text(claims, {"email"});
  subject.groups = read_groups(claims);
  return subject;
}

std::string read_scope(const Value& claims) {
  auto claim = claims.get("scope");
  if (!claim) claim = claims.get("scp");
  std::string scope;
  if (!claim) return scope;
  for (std::size_t i = 0; i < claim->size(); ++i) {
    const Value word = claim->at(i);
    if (word.is(Type::string)) add_scope(scope, word.as_string());
  }
  if (!claim->is(Type::string)) return scope;
  std::string_view words = claim->as_string();
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    add_scope(scope, words.substr(0, end));
    words.remove_prefix(std::min(words.size(), end + 1));
  }
  return scope;
}

bool is_of_other_use(const Value& claims, std::string_view token_type_claim) {
  // simplejwt's own name for it as well: what ours is called says nothing of another issuer's.
  for (const std::string_view name_of_it : {std::string_view("token_type"), token_type_claim}) {
    const auto type = claims.get(name_of_it);
    if (type && !is_text(*type, name(TokenType::access))) return true;
  }
  const auto typ = claims.get("typ");
  if (typ && !is_text(*typ, "Bearer")) return true;
  return claims.has("cnf");
}

}  // namespace tokens
