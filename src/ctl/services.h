// What the verbs work with, built from the configuration: the only place in ctl/ that constructs it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "accounts/password_policy.h"
#include "config/config.h"
#include "crypto/password_hash.h"
#include "ctl/exit_code.h"
#include "ctl/operator.h"
#include "ctl/terminal.h"
#include "mysql/pool.h"
#include "store/mysql_personal_token_store.h"
#include "store/mysql_session_store.h"
#include "store/mysql_user_store.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/random.h"

namespace jwtauthd {

/// What the verbs about users need; a test brings its own.
struct Accounts {
  store::UserStore& users;
  store::SessionStore& sessions;
  store::PersonalTokenStore& personal_tokens;
  const accounts::PasswordPolicy& policy;
  const crypto::PasswordHashes& hashes;
  const util::Clock& clock;
  util::Random& random;
  bool unique_email = true;
  tokens::SessionLifetimes lifetimes{};
};

class Services {
 public:
  /// The error has one line a finding.
  static util::Result<std::unique_ptr<Services>> open(const std::string& config_path);

  Accounts accounts() {
    return {users_,     sessions_, personal_tokens_, policy_,
            hashes_,    clock_,    random_,          config_.accounts.unique_email,
            lifetimes()};
  }
  tokens::SessionLifetimes lifetimes() const;
  store::Auditing auditing() const;
  const util::Clock& clock() const { return clock_; }
  const config::Config& config() const { return config_; }
  /// Its statements may take as long as they like: a migration of a large table does.
  mysql::Pool& pool() { return pool_; }

 private:
  explicit Services(config::Config config);

  config::Config config_;
  util::SystemRandom random_;
  util::SystemClock clock_;
  accounts::PasswordPolicy policy_;
  crypto::PasswordHashes hashes_;
  mysql::Pool pool_;
  store::MysqlUserStore users_;
  store::MysqlSessionStore sessions_;
  store::MysqlPersonalTokenStore personal_tokens_;
};

/// Runs `work`, and tells what stood in its way.
ExitCode with_services(const std::string& config_path, Terminal& terminal,
                       const std::function<ExitCode(Services&)>& work);

}  // namespace jwtauthd
