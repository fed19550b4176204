// Steps that several suites take: who logs in, refreshes and is asked about, on which stack, and what an
// operator does meanwhile.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "json/value.h"

namespace integration {

Answer login(const std::string& username, const std::string& password, const Headers& headers = {});
/// One more session of the account.
Account login_again(const Account& account, const Headers& headers = {});
Answer refresh(const std::string& token);
Answer dashboard(const std::string& access);
/// What /api/token/verify/ says.
int verified(const std::string& token);

json::Value claims_of(const std::string& token);
/// The claim as text, or "(none)".
std::string text_of(const json::Value& object, std::string_view name);
std::string sid_of(const std::string& token);

/// Until `condition` holds; a deadline far beyond what is promised, so that a slow machine is no failure.
template <typename Condition>
bool eventually(Condition condition);

/// The promise of every revocation: a deadline, not a measured time.
void let_a_second_pass();

/// Many clients at once ask for the dashboard, so that every worker of the first stack answers some of them;
/// fails when one answered none. How many answers had another status than `expected`.
int others_than(int expected, const std::string& access);
int others_than(int expected, const std::string& access, const std::string& state_dir);

/// The process that is worker `number` of the first stack, 0 while there is none.
pid_t worker(int number);

/// Runs jwtauthctl on the first stack's configuration; fails unless it ends with 0. What it printed.
std::string jwtauthctl(const std::string& arguments);
std::string jwtauthctl(const std::string& arguments, const std::string& state_dir,
                       const std::string& environment);

/// One number out of a database.
std::int64_t number(mysql::Pool& pool, const std::string& sql);
/// All rows, columns separated by a space.
std::vector<std::string> rows(mysql::Pool& pool, const std::string& sql);
void change(mysql::Pool& pool, const std::string& sql);

/// While it lives, the tests speak with the stack of data/sessions.toml.
class SessionsStack {
 public:
  SessionsStack();
  const std::string& state_dir() const { return state_dir_; }
  mysql::Pool& database() const;
  /// HS256 with the key that this stack shares with a Django.
  std::string signed_by_django(const std::string& claims) const;

 private:
  std::string state_dir_;
  OtherPort port_;
};

/// While it lives, the tests speak with the stack that has a directory of keys, and two workers.
class RingStack {
 public:
  RingStack();
  const std::string& state_dir() const { return state_dir_; }
  /// Runs jwtauthctl keys there.
  std::string keys(const std::string& verb) const;
  int others_than(int expected, const std::string& access) const;

 private:
  std::string state_dir_;
  OtherPort port_;
};

/// A database is stopped for the lifetime of this object; what comes after it finds the workers connected
/// again, whether the test went well or not.
class DatabaseAway {
 public:
  explicit DatabaseAway(const std::string& state_dir);
  ~DatabaseAway();
  DatabaseAway(const DatabaseAway&) = delete;
  DatabaseAway& operator=(const DatabaseAway&) = delete;

 private:
  std::string state_dir_;
};

/// Readiness as told by whichever workers answer: eight times in a row.
bool all_ready();

bool passes_within_the_deadline(bool (*condition)(void*), void* context);

template <typename Condition>
bool eventually(Condition condition) {
  return passes_within_the_deadline(
      [](void* context) -> bool { return (*static_cast<Condition*>(context))(); }, &condition);
}

}  // namespace integration
