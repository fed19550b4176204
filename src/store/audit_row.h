// How stores write a row of jwtauthd_audit, and ids as the columns hold them. Inside the room only.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "mysql/pool.h"
#include "store/audit_store.h"
#include "util/encoding.h"

namespace store {

/// Printable ASCII of at most `most` characters, what is not, as `?`: fits an ascii column whatever came.
std::string plain(std::string_view text, std::size_t most = 64);

/// For `UNHEX(?)`: bytes that are no UTF-8 do not pass every server as a parameter of the connection's
/// character set.
inline std::string hex(std::span<const unsigned char> bytes) {
  return util::to_hex(bytes);
}

/// A column of as many bytes; all zero where it is NULL.
template <std::size_t size>
std::array<unsigned char, size> read_bytes(const mysql::Rows& row, unsigned column) {
  std::array<unsigned char, size> bytes{};
  const std::string text = row.text(column);
  if (text.size() == size) std::copy(text.begin(), text.end(), bytes.begin());
  return bytes;
}

inline constexpr const char* kInsertAudit =
    "INSERT INTO jwtauthd_audit (happened_at, kind, user_id, session, address, request_id, reason) "
    "VALUES (?, ?, ?, UNHEX(?), ?, ?, ?)";
/// `insert` is kInsertAudit, prepared.
void run_insert_audit(mysql::Statement insert, const AuditEvent& event);

/// In a transaction that its caller commits. Nothing when `event` is null or auditing is off.
void append_audit(mysql::Transaction& transaction, Auditing auditing, const AuditEvent* event,
                  std::int64_t user_id);

}  // namespace store
