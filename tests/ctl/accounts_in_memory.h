// What the verbs about users need, in memory.
#pragma once

#include <vector>

#include "accounts/fake_session_store.h"
#include "accounts/fake_user_store.h"
#include "ctl/scripted_terminal.h"
#include "ctl/services.h"
#include "tests/tokens/fake_personal_tokens.h"
#include "util/random.h"

namespace ctl_test {

/// Sessions by the list, whose ends are noted; passwords go to the users beside it.
class FakeSessions final : public store::SessionStore {
 public:
  explicit FakeSessions(store::UserStore& users) : users_(users) {}

  std::vector<store::Session> rows;
  std::vector<store::Ending> endings;
  unsigned purges = 0;
  std::uint64_t left = 0;  // to purge

  store::Created create(const store::Session& session, const store::Grounds&) override {
    return (rows.push_back(session), store::Created::done);
  }
  bool rotate(const store::Rotation&) override { return false; }
  std::vector<bool> rotate_all(std::span<const store::Rotation>) override { return {}; }
  std::optional<store::Session> find(const store::SessionId& id) override {
    for (const auto& row : rows) {
      if (row.id == id) return row;
    }
    return std::nullopt;
  }
  std::vector<store::SessionPlace> places_of(std::string_view) override { return {}; }
  std::vector<store::Session> list(const store::SessionFilter& filter, util::TimePoint) override {
    std::vector<store::Session> found;
    for (const auto& row : rows) {
      const bool matches =
          filter.user_id.value_or(row.user_id) == row.user_id && !(filter.live_only && row.revoked_at);
      if (matches && found.size() < filter.limit) found.push_back(row);
    }
    return found;
  }
  std::vector<store::SessionId> revoke(std::int64_t user_id, const store::SessionId& id,
                                       const store::Ending& ending) override {
    return end(ending, [&](const store::Session& row) { return row.user_id == user_id && row.id == id; });
  }
  bool revoke_or_bar(const store::Session&, const store::Ending&) override { return false; }
  std::vector<store::SessionId> revoke_all(std::int64_t user_id,
                                           const std::optional<store::SessionId>& except,
                                           const store::Ending& ending) override {
    return end(ending, [&](const store::Session& row) { return row.user_id == user_id && row.id != except; });
  }
  std::vector<store::SessionId> revoke_beyond(std::int64_t, unsigned, const store::Ending&) override {
    return {};
  }
  std::optional<std::vector<store::SessionId>> change_password(std::int64_t user_id, std::string_view encoded,
                                                               std::optional<std::string_view> expected_old,
                                                               const std::optional<store::SessionId>& except,
                                                               const store::Ending& ending) override {
    if (!users_.set_password(user_id, encoded, expected_old)) return std::nullopt;
    return revoke_all(user_id, except, ending);
  }
  Deleted delete_user(std::int64_t, const store::Ending&) override { return Deleted::no_such_user; }
  std::uint64_t purge(util::TimePoint, unsigned batch) override {
    ++purges;
    const std::uint64_t deleted = std::min<std::uint64_t>(left, batch);
    left -= deleted;
    return deleted;
  }

 private:
  template <typename Predicate>
  std::vector<store::SessionId> end(const store::Ending& ending, Predicate predicate) {
    endings.push_back(ending);
    std::vector<store::SessionId> ended;
    for (auto& row : rows) {
      if (row.revoked_at || !predicate(row)) continue;
      row.revoked_at = ending.now;
      row.revoked_for = store::name(ending.reason);
      ended.push_back(row.id);
    }
    return ended;
  }

  store::UserStore& users_;
};

struct AccountsInMemory {
  accounts_test::FakeUserStore users;
  FakeSessions sessions{users};
  accounts_test::FixedClock clock;
  util::SystemRandom random;
  accounts::PasswordPolicy policy{{}, accounts::CommonPasswords("12345\n")};
  crypto::PasswordHashes hashes{cheap(), random};
  bool unique_email = true;

  accounts_test::FakeRevocationStore revocations;
  accounts_test::FakeAuditStore audit;
  tokens_test::FakePersonalTokens personal_tokens{revocations, audit};

  jwtauthd::Accounts all() {
    return {users, sessions, personal_tokens, policy, hashes, clock, random, unique_email, {}};
  }

  static crypto::PasswordParams cheap() {
    crypto::PasswordParams params;
    params.hasher = crypto::Hasher::pbkdf2_sha256;
    params.pbkdf2_iterations = 1;
    return params;
  }
};

inline constexpr const char* kGood = "Zebra-quilt-77";

}  // namespace ctl_test
