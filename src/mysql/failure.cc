#include "mysql/failure.h"

#include <cppconn/exception.h>

#include <algorithm>
#include <iterator>

namespace mysql {
namespace {

enum class Quote { no, yes };

struct Row {
  int code;
  FailureKind kind;
  std::string_view meaning;
  Quote quote;  // whether the server's sentence is free of values
};

// Numbers: MySQL 8.0 and MariaDB error references; 2xxx come from the client library.
constexpr Row kRows[] = {
    {1020, FailureKind::conflict, "row changed since it was read", Quote::no},
    {1021, FailureKind::outage, "disk full", Quote::yes},
    {1030, FailureKind::outage, "storage engine failed", Quote::yes},
    {1040, FailureKind::outage, "too many connections", Quote::yes},
    {1044, FailureKind::outage, "access to the database denied", Quote::yes},
    {1045, FailureKind::outage, "access denied", Quote::yes},
    {1047, FailureKind::not_ready, "cluster node not ready", Quote::yes},
    {1049, FailureKind::outage, "unknown database", Quote::yes},
    {1053, FailureKind::lost, "server is shutting down", Quote::yes},
    {1054, FailureKind::outage, "unknown column", Quote::yes},
    {1062, FailureKind::duplicate_key, "duplicate key", Quote::no},
    {1114, FailureKind::outage, "table or disk full", Quote::yes},
    {1142, FailureKind::outage, "no privilege", Quote::yes},
    {1146, FailureKind::no_such_table, "no such table", Quote::yes},
    {1152, FailureKind::lost, "connection aborted", Quote::no},
    {1158, FailureKind::lost, "network read error at the server", Quote::no},
    {1159, FailureKind::lost, "network read timeout at the server", Quote::no},
    {1160, FailureKind::lost, "network write error at the server", Quote::no},
    {1161, FailureKind::lost, "network write timeout at the server", Quote::no},
    {1180, FailureKind::no_quorum, "COMMIT failed", Quote::yes},
    {1203, FailureKind::outage, "too many connections of this user", Quote::yes},
    {1205, FailureKind::lock_wait, "lock wait timeout", Quote::no},
    {1213, FailureKind::conflict, "deadlock", Quote::no},
    {1217, FailureKind::referred_to, "a row is referred to", Quote::no},
    {1226, FailureKind::outage, "user's resource limit reached", Quote::yes},
    {1227, FailureKind::outage, "no privilege", Quote::yes},
    {1243, FailureKind::stale_handle, "unknown prepared statement", Quote::no},
    {1290, FailureKind::read_only, "server is read-only", Quote::yes},
    {1317, FailureKind::outage, "statement was interrupted", Quote::no},
    {1406, FailureKind::outage, "value too long for its column", Quote::yes},
    {1451, FailureKind::referred_to, "a row is referred to", Quote::no},
    {1586, FailureKind::duplicate_key, "duplicate key", Quote::no},
    {1615, FailureKind::stale_handle, "prepared statement needs to be prepared anew", Quote::no},
    {1792, FailureKind::outage, "transaction is read-only", Quote::yes},
    {1836, FailureKind::read_only, "server is read-only", Quote::yes},
    {1927, FailureKind::lost, "connection was killed", Quote::no},
    {1969, FailureKind::outage, "statement took too long", Quote::no},
    {2002, FailureKind::unsent, "cannot connect", Quote::yes},
    {2003, FailureKind::unsent, "cannot connect", Quote::yes},
    {2005, FailureKind::unsent, "unknown host", Quote::yes},
    {2006, FailureKind::unsent, "connection is gone", Quote::no},
    {2013, FailureKind::lost, "connection was lost", Quote::no},
    {2026, FailureKind::outage, "TLS failed", Quote::yes},
    {2055, FailureKind::lost, "connection was lost", Quote::no},
    {3024, FailureKind::outage, "statement took too long", Quote::no},
    {3169, FailureKind::lost, "connection was killed", Quote::no},
    {4031, FailureKind::unsent, "server closed the idle connection", Quote::no},
};
static_assert(std::is_sorted(std::begin(kRows), std::end(kRows),
                             [](const Row& a, const Row& b) { return a.code < b.code; }));

const Row* find(int code) noexcept {
  const auto* row =
      std::lower_bound(std::begin(kRows), std::end(kRows), code,
                       [](const Row& candidate, int wanted) { return candidate.code < wanted; });
  return row != std::end(kRows) && row->code == code ? row : nullptr;
}

std::string number(const sql::SQLException& error) {
  return std::to_string(error.getErrorCode()) + ", " + error.getSQLState();
}

}  // namespace

FailureKind kind_of(int code) noexcept {
  const Row* row = find(code);
  return row != nullptr ? row->kind : FailureKind::outage;
}

bool is_connection_limit(int code) noexcept {
  return code == 1040 || code == 1203 || code == 1226;
}

bool is_read_only(const sql::SQLException& error) {
  return kind_of(error.getErrorCode()) == FailureKind::read_only &&
         std::string_view(error.what()).find("read-only") != std::string_view::npos;
}

std::string describe(const sql::SQLException& error, std::string_view sql) {
  // Code 0 is the driver complaining about our own call: its sentences are fixed.
  const Row* row = find(error.getErrorCode());
  const bool quote = error.getErrorCode() == 0 || (row != nullptr && row->quote == Quote::yes);
  std::string text = "database: ";
  text += row != nullptr ? row->meaning : "statement failed";
  text += " (" + number(error) + ")";
  if (quote) text.append(": ").append(error.what());
  constexpr std::size_t kEnough = 200;
  text.append(" [").append(sql.substr(0, kEnough)).append(sql.size() > kEnough ? "…]" : "]");
  return text;
}

std::string describe_connect(const sql::SQLException& error, std::string_view where) {
  const Row* row = find(error.getErrorCode());
  std::string text = "database at ";
  text.append(where).append(": ");
  text += row != nullptr ? row->meaning : "cannot connect";
  return text + " (" + number(error) + "): " + error.what();
}

std::string violated_key(std::string_view server_text) {
  const auto close = server_text.rfind('\'');
  if (close == std::string_view::npos || close == 0) return {};
  const auto open = server_text.rfind('\'', close - 1);
  if (open == std::string_view::npos) return {};
  std::string_view key = server_text.substr(open + 1, close - open - 1);
  if (const auto dot = key.rfind('.'); dot != std::string_view::npos) key.remove_prefix(dot + 1);
  return std::string(key);
}

}  // namespace mysql
