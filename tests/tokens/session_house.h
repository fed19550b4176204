// SessionTokens over rows in memory, as daemon/application.cc builds it.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "fake_sessions.h"
#include "fakes.h"
#include "tokens/bearer.h"
#include "tokens/session_tokens.h"

namespace tokens_test {

/// "blacklisted", "access and refresh", …
template <typename Outcome>
std::string told(const Outcome& outcome) {
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return "needs the database";
  if (const auto* defect = std::get_if<tokens::TokenDefect>(&outcome)) {
    return *defect == tokens::TokenDefect::blacklisted ? "blacklisted" : "defect";
  }
  if constexpr (std::is_same_v<Outcome, tokens::RefreshOutcome>) {
    if (const auto* refusal = std::get_if<tokens::RefreshRefusal>(&outcome)) {
      return *refusal == tokens::RefreshRefusal::no_account ? "no account" : "password changed";
    }
    return std::get<tokens::Refreshed>(outcome).refresh.empty() ? "access" : "access and refresh";
  } else {
    return "good";
  }
}

/// A token as Django gives it: without `sid`.
inline std::string foreign(const std::string& jti, const std::string& type = "refresh",
                           std::int64_t exp = now + 86400) {
  return signed_with(R"({"token_type":")" + type + R"(","exp":)" + std::to_string(exp) + R"(,"iat":)" +
                     std::to_string(now) + R"(,"jti":")" + jti + R"(","user_id":"7"})");
}

inline std::int64_t seconds(util::TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

/// One worker. Its tables may be another one's.
struct SessionHouse {
  struct Tables {
    FakeAudit audit;
    FakeRevocations revocations;
    FakeSessions sessions{revocations, audit};
    FakeUsers users;
    FakeDjango django;
  };

  explicit SessionHouse(Tables& shared, tokens::SessionOptions options = {}, tokens::UserRules rules = {},
                        tokens::KeyRing keys = hs256_ring(), const tokens::AccessClaims* custom = nullptr)
      : tables(shared),
        ring(std::move(keys)),
        issuer(ring, clock, random,
               {.revoke_claim = rules.check_password ? rules.revoke_claim : "", .custom = custom}),
        tokens(verifier, issuer, {directory, clock, rules}, tables.sessions, ended, feed, &tables.audit,
               clock, random, std::move(options), &djangos) {
    feed.poll_once();
    const util::Clock* none = nullptr;
    tables.sessions.database_clock.compare_exchange_strong(none,
                                                           &clock);  // the first one's is the database's
  }
  ~SessionHouse() {
    const util::Clock* mine = &clock;
    tables.sessions.database_clock.compare_exchange_strong(mine, nullptr);
  }

  Tables& tables;
  tokens::KeyRing ring;
  ManualClock clock;
  util::SystemRandom random;
  tokens::UserDirectory directory{tables.users, {}};
  tokens::Verifier verifier{ring, clock, {}};
  tokens::Issuer issuer;
  tokens::RevocationFeed feed{tables.revocations, clock, {}};
  tokens::Sessions ended{tables.sessions, feed, clock, {}};
  tokens::DjangosBlacklist djangos{tables.django};
  tokens::SessionTokens tokens;
  const store::Origin origin{"192.0.2.1", "a browser", "request-1"};

  tokens::TokenPair login(std::int64_t user_id = 7) {
    return tokens.grant(tables.users.find_by_id(user_id).value(), origin).value();
  }
  tokens::RefreshOutcome refresh(std::string_view token) { return tokens.refresh(token, origin, true); }
  tokens::Refreshed refreshed(std::string_view token) { return std::get<tokens::Refreshed>(refresh(token)); }
  std::string outcome(std::string_view token) { return told(refresh(token)); }
  std::string verified(std::string_view token) { return told(tokens.verify(token, true)); }
  std::string blacklisted(std::string_view token) { return told(tokens.blacklist(token, origin, true)); }
  json::Value claims(std::string_view token) { return verifier.verify(token, std::nullopt).value().claims; }
  store::Session row() const { return tables.sessions.all().at(0); }
};

}  // namespace tokens_test
