// What the verbs about users need, in memory.
#pragma once

#include <vector>

#include "accounts/fake_session_store.h"
#include "accounts/fake_user_store.h"
#include "ctl/scripted_terminal.h"
#include "ctl/services.h"
#include "store/sessions_in_memory.h"
#include "tests/crypto/cheap_hashes.h"
#include "tests/tokens/fake_personal_tokens.h"
#include "util/random.h"

namespace ctl_test {

/// Sessions whose ends are noted; passwords go to the users beside it.
class FakeSessions final : public store_test::SessionsInMemory {
 public:
  explicit FakeSessions(accounts_test::FakeUserStore& users) : users_(users) {}

  std::vector<store::Ending> endings;
  unsigned purges = 0;
  std::uint64_t left = 0;  // to purge

  std::uint64_t purge(util::TimePoint, unsigned batch) override {
    ++purges;
    const std::uint64_t deleted = std::min<std::uint64_t>(left, batch);
    left -= deleted;
    return deleted;
  }

 private:
  bool set_password(std::int64_t user_id, std::string_view encoded,
                    std::optional<std::string_view> expected_old) override {
    return users_.set_password(user_id, encoded, expected_old);
  }
  bool close_account(std::int64_t user_id) override {
    for (auto& user : users_.rows) {
      if (user.id == user_id) return user.is_active = false, true;
    }
    return false;
  }
  void told(const store::Ending& ending) override { endings.push_back(ending); }

  accounts_test::FakeUserStore& users_;
};

struct AccountsInMemory {
  accounts_test::FakeUserStore users;
  FakeSessions sessions{users};
  accounts_test::FixedClock clock;
  util::SystemRandom random;
  accounts::PasswordPolicy policy{{}, accounts::CommonPasswords("12345\n")};
  crypto::PasswordHashes hashes{cheap_hashes::cheap(), random};
  bool unique_email = true;

  accounts_test::FakeRevocationStore revocations;
  accounts_test::FakeAuditStore audit;
  tokens_test::FakePersonalTokens personal_tokens{
      [this](const store::Revocation& one) { revocations.rows.push_back(one); }, audit};

  jwtauthd::Accounts all() {
    return {users, sessions, personal_tokens, policy, hashes, clock, random, unique_email, {}};
  }
};

inline constexpr const char* kGood = "Zebra-quilt-77";

}  // namespace ctl_test
