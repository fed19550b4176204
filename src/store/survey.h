// Questions about a database that is looked at before it is trusted: what server it is, what tables it
// has, who is in auth_user. Reads only, and in pieces: a survey may run beside the site that owns it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/pool.h"

namespace store {

/// Names in lower case. A variable that this server does not have is not in it.
using Variables = std::map<std::string, std::string, std::less<>>;

/// What a crash of the server takes with it of what was committed, as a sentence; empty: nothing.
std::string lost_in_a_crash(const Variables& variables);

struct TableFacts {
  std::string engine;
  std::string collation;
  std::int64_t rows = 0;   // the server's estimate
  std::int64_t bytes = 0;  // data and indexes
};

struct ColumnFacts {
  std::string name;
  std::string type;       // varchar, int, …
  std::string collation;  // empty: no text
  std::optional<std::int64_t> length;
  bool required = false;  // NOT NULL, without default, and not counted up by the server
};

struct SurveyedUser {
  std::int64_t id = 0;
  std::string username;
  std::string password;
  std::string email;
  /// Equal for two addresses that the column's collation takes for the same: sixty bits of a digest.
  std::int64_t email_key = 0;
};

struct NamedUser {
  std::int64_t id = 0;
  std::string username;
  std::string email;
};

/// Throws util::Outage, and mysql::NoSuchTable where a table is named that is not there.
class Survey {
 public:
  explicit Survey(mysql::Pool& pool) : pool_(pool) {}

  /// Those that decide what a commit is worth, what is refused, and who may connect; `version`,
  /// `version_comment` among them.
  Variables variables();
  /// The cipher of this connection; empty: none.
  std::string tls_cipher();
  /// UTC_TIMESTAMP(6).
  util::TimePoint now();

  /// The base tables of this database, by name.
  std::map<std::string, TableFacts, std::less<>> tables();
  std::vector<ColumnFacts> columns(std::string_view table);
  /// An index that begins with this column; `unique`: one that holds nothing else, and each value once.
  bool has_index(std::string_view table, std::string_view column, bool unique);

  /// What a purge that ran would have deleted, through its index.
  std::int64_t sessions_over_for_a_week();

  /// Every row of auth_user in order of id, `page` of them in memory at a time.
  void each_user(const std::function<void(const SurveyedUser&)>& visit, unsigned page = 5000);
  /// Those of `ids` that exist, in order of id.
  std::vector<NamedUser> users_named(std::span<const std::int64_t> ids);
  /// Whom a login with this name would find, by the column's collation.
  std::optional<NamedUser> user_called(std::string_view username);
  /// Names that more than one user has by the column's collation, at most `most`. Reads all names where
  /// no index helps.
  std::vector<std::string> repeated_usernames(unsigned most);

 private:
  mysql::Pool& pool_;
};

}  // namespace store
