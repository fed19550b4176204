#include "store/mysql_audit_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "store/audit_row.h"

namespace store {
namespace {

constexpr std::pair<AuditKind, std::string_view> kNames[] = {
    {AuditKind::registered, "registered"},
    {AuditKind::login, "login"},
    {AuditKind::login_failed, "login_failed"},
    {AuditKind::login_throttled, "login_throttled"},
    {AuditKind::locked_out, "locked_out"},
    {AuditKind::refresh_reuse, "refresh_reuse"},
    {AuditKind::logout, "logout"},
    {AuditKind::logout_all, "logout_all"},
    {AuditKind::session_ended, "session_ended"},
    {AuditKind::password_changed, "password_changed"},
    {AuditKind::profile_changed, "profile_changed"},
    {AuditKind::account_deleted, "account_deleted"},
    {AuditKind::user_created, "user_created"},
    {AuditKind::user_activated, "user_activated"},
    {AuditKind::user_deactivated, "user_deactivated"},
    {AuditKind::tokens_revoked, "tokens_revoked"},
    {AuditKind::throttle_cleared, "throttle_cleared"},
    {AuditKind::token_created, "token_created"},
    {AuditKind::token_revoked, "token_revoked"},
    {AuditKind::group_created, "group_created"},
    {AuditKind::group_deleted, "group_deleted"},
    {AuditKind::group_joined, "group_joined"},
    {AuditKind::group_left, "group_left"},
    {AuditKind::key_generated, "key_generated"},
    {AuditKind::key_imported, "key_imported"},
    {AuditKind::key_rotated, "key_rotated"},
    {AuditKind::key_retired, "key_retired"},
};

AuditRecord read_record(const mysql::Rows& row) {
  AuditRecord record;
  record.id = row.integer(1);
  record.at = row.time(2);
  record.kind = row.text(3);
  record.user_id = row.integer(4);
  record.session = read_bytes<16>(row, 5);
  record.address = row.text(6);
  record.request_id = row.text(7);
  record.reason = row.text(8);
  return record;
}

/// Only the conditions that are asked for, so that the server sees which index serves them.
std::string select_by(const AuditFilter& filter) {
  std::string sql =
      "SELECT id, happened_at, kind, user_id, session, address, request_id, reason FROM jwtauthd_audit "
      "WHERE id > ?";
  if (filter.kind) sql += " AND kind = ?";
  if (filter.user_id) sql += " AND user_id = ?";
  if (!filter.address.empty()) sql += " AND address = ?";
  if (filter.since) sql += " AND happened_at >= ?";
  if (filter.until) sql += " AND happened_at < ?";
  return sql + (filter.newest_first ? " ORDER BY id DESC LIMIT ?" : " ORDER BY id LIMIT ?");
}

}  // namespace

std::string_view name(AuditKind kind) noexcept {
  const auto* found =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& row) { return row.first == kind; });
  return found == std::end(kNames) ? std::string_view("unknown") : found->second;
}

std::optional<AuditKind> audit_kind(std::string_view name) noexcept {
  const auto* found =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& row) { return row.second == name; });
  if (found == std::end(kNames)) return std::nullopt;
  return found->first;
}

std::span<const AuditKind> audit_kinds() noexcept {
  static const auto kinds = [] {
    std::array<AuditKind, std::size(kNames)> all{};
    std::transform(std::begin(kNames), std::end(kNames), all.begin(),
                   [](const auto& row) { return row.first; });
    return all;
  }();
  return kinds;
}

std::string plain(std::string_view text, std::size_t most) {
  std::string out(text.substr(0, most));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return out;
}

void run_insert_audit(mysql::Statement insert, const AuditEvent& event) {
  insert.bind(event.at).bind(name(event.kind)).bind(event.user_id);
  insert.bind(hex(event.session));
  insert.bind(plain(event.address)).bind(plain(event.request_id)).bind(plain(event.reason)).execute();
}

void append_audit(mysql::Transaction& transaction, Auditing auditing, const AuditEvent* event,
                  std::int64_t user_id) {
  if (event == nullptr || auditing == Auditing::off) return;
  AuditEvent written = *event;
  written.user_id = user_id;
  run_insert_audit(transaction.prepare(kInsertAudit), written);
}

void MysqlAuditStore::append(const AuditEvent& event) {
  if (auditing_ == Auditing::off) return;
  auto lease = pool_.acquire();
  run_insert_audit(lease.prepare(kInsertAudit), event);
}

std::vector<AuditRecord> MysqlAuditStore::list(const AuditFilter& filter) {
  const std::string sql = select_by(filter);
  auto lease = pool_.acquire();
  auto select = lease.prepare(sql.c_str());
  select.bind(filter.after_id);
  if (filter.kind) select.bind(name(*filter.kind));
  if (filter.user_id) select.bind(*filter.user_id);
  if (!filter.address.empty()) select.bind(plain(filter.address));
  if (filter.since) select.bind(*filter.since);
  if (filter.until) select.bind(*filter.until);
  std::vector<AuditRecord> records;
  auto rows = select.bind(static_cast<std::int64_t>(filter.limit)).query();
  while (rows.next()) records.push_back(read_record(rows));
  return records;
}

std::uint64_t MysqlAuditStore::purge(util::TimePoint before, unsigned batch) {
  auto lease = pool_.acquire();
  return lease.prepare("DELETE FROM jwtauthd_audit WHERE happened_at < ? ORDER BY happened_at LIMIT ?")
      .bind(before)
      .bind(static_cast<std::int64_t>(batch))
      .execute();
}

}  // namespace store
