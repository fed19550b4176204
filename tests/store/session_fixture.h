// Sessions in a database of their own, for the tests of their store.
#pragma once

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <string>

#include "store/migrator.h"
#include "store/mysql_session_store.h"
#include "tests/mysql/test_database.h"

namespace store_test {

using namespace std::string_literals;
using store::Session;
using store::SessionEnd;
using store::SessionId;

inline constexpr std::int64_t kNow = 1'700'000'000;

inline util::TimePoint at(std::int64_t seconds, std::int64_t micros = 0) {
  return util::TimePoint(std::chrono::seconds(seconds) + std::chrono::microseconds(micros));
}

/// Bytes that are neither ASCII nor UTF-8, a quote and a zero among them.
inline SessionId id(unsigned char last) {
  SessionId bytes{};
  bytes.fill(0xfe);
  bytes[1] = 0;
  bytes[2] = '\'';
  bytes[15] = last;
  return bytes;
}
inline store::JtiHash jti(unsigned char last) {
  store::JtiHash bytes{};
  bytes.fill(0xc3);
  bytes[0] = 0;
  bytes[31] = last;
  return bytes;
}

class SessionFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    database_.emplace();
    pool_.emplace(database_->options());
    store_.emplace(*pool_);
    CPPUNIT_ASSERT(store::Migrator(*pool_).migrate());
  }
  void tearDown() override {
    store_.reset();
    pool_.reset();
    database_.reset();
  }

 protected:
  std::optional<testing::TestDatabase> database_;
  std::optional<mysql::Pool> pool_;
  std::optional<store::MysqlSessionStore> store_;

  Session session(unsigned char number, std::int64_t user_id = 7) {
    Session made;
    made.id = id(number);
    made.user_id = user_id;
    made.created_at = at(kNow, 1);
    made.last_used_at = at(kNow + number, 2);
    made.expires_at = at(kNow + 10'000, 3);
    made.idle_expires_at = at(kNow + 1'000, 4);
    made.address = "192.0.2.1";
    made.user_agent = "Mozilla/5.0 (X11; \xF0\x9F\x98\x80)";
    made.current = jti(1);
    return made;
  }
  void add(unsigned char number, std::int64_t user_id = 7) { add(session(number, user_id)); }
  /// With its user, where he is not there yet.
  void add(const Session& made) {
    const std::string user_id = std::to_string(made.user_id);
    database_->run("INSERT IGNORE INTO auth_user VALUES (" + user_id + ", 'old$AAAA', NULL, 0, 'user" +
                   user_id + "', '', '', '', 0, 1, '2024-01-01 00:00:00')");
    CPPUNIT_ASSERT(store_->create(made, {.password = "old$AAAA"}) == store::Created::done);
  }
  void add_user(std::int64_t user_id, const std::string& name, const std::string& hash = "old$AAAA") {
    database_->run("INSERT INTO auth_user VALUES (" + std::to_string(user_id) + ", '" + hash +
                   "', NULL, 0, '" + name + "', '', '', '', 0, 1, '2024-01-01 00:00:00')");
  }
  static store::Rotation rotation(unsigned char presented, unsigned char next) {
    return {id(1), jti(presented), jti(next), at(kNow + 50), at(kNow + 2'000), "2001:db8::1", "curl"};
  }
  static store::Ending ending(SessionEnd reason = SessionEnd::logout,
                              store::AuditKind kind = store::AuditKind::logout) {
    store::AuditEvent event;
    event.kind = kind;
    event.at = at(kNow + 60);
    event.address = "192.0.2.9";
    event.request_id = "r1";
    event.reason = "test";
    return {reason, at(kNow + 60, 5), at(kNow + 360), at(kNow + 9'000), event};
  }
  std::string revocations() {
    std::string text;
    for (const auto& row :
         database_->column("SELECT CONCAT_WS('/', user_id, RIGHT(HEX(session), 2), not_before, expires) FROM "
                           "jwtauthd_revocation ORDER BY session")) {
      text += row + " ";
    }
    return text;
  }
  std::string audit() {
    std::string text;
    for (const auto& row : database_->column(
             "SELECT CONCAT_WS('/', kind, user_id, address, request_id, reason) FROM jwtauthd_audit")) {
      text += row + " ";
    }
    return text;
  }
  std::string revoked() {
    std::string text;
    for (const auto& row : database_->column("SELECT CONCAT(RIGHT(HEX(id), 2), ':', revoked_for) FROM "
                                             "jwtauthd_session WHERE revoked_at IS NOT NULL ORDER BY id")) {
      text += row + " ";
    }
    return text;
  }
};

}  // namespace store_test
