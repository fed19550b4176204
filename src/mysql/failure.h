// What a server's or client library's error number means for the caller.
#pragma once

#include <string>
#include <string_view>

namespace sql {
class SQLException;
}

namespace mysql {

enum class FailureKind {
  duplicate_key,  // a value for the caller
  conflict,       // run it again
  lock_wait,      // the same, after it has waited for another transaction's lock as long as it may
  lost,           // the connection is dead; the statement may have been run
  unsent,         // the connection was dead before; the statement was not run
  no_such_table,
  referred_to,   // rows of another table refer to the one that was to go
  stale_handle,  // the prepared statement must be prepared anew
  not_ready,     // a cluster's node outside of it; the statement was not run
  read_only,     // the statement was not run; another server may run it
  no_quorum,     // the node lost its peers while it committed; it may have been committed
  outage,
};

FailureKind kind_of(int code) noexcept;

/// A new connection would be refused too, yet those that exist go on: no sign that the server is away.
bool is_connection_limit(int code) noexcept;

/// The statement was not run, because the server takes none that writes: 1290 has other meanings, too.
bool is_read_only(const sql::SQLException& error);

/// One line for the log. The server's own sentence is quoted only where it is known to name tables,
/// users and settings but no values; `sql` holds placeholders.
std::string describe(const sql::SQLException& error, std::string_view sql);
/// The same for a failed connect.
std::string describe_connect(const sql::SQLException& error, std::string_view where);

/// Index name in the text of error 1062: `… for key 'auth_user.username'` (MySQL 8), `… 'username'`.
std::string violated_key(std::string_view server_text);

}  // namespace mysql
