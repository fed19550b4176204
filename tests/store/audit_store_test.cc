#include "store/audit_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <set>

#include "store/mysql_audit_store.h"
#include "store/mysql_user_store.h"
#include "tests/store/store_fixture.h"

namespace {

using namespace std::string_literals;
using store::AuditEvent;
using store::AuditKind;

util::TimePoint at(std::int64_t seconds) {
  return util::TimePoint(std::chrono::seconds(1'700'000'000 + seconds));
}

class AuditStoreTest : public store_test::StoreFixture<store::MysqlAuditStore> {
  CPPUNIT_TEST_SUITE(AuditStoreTest);
  CPPUNIT_TEST(every_kind_has_a_name_and_comes_back);
  CPPUNIT_TEST(event_comes_back_as_it_went);
  CPPUNIT_TEST(nothing_that_comes_from_outside_makes_a_row_fail);
  CPPUNIT_TEST(a_kind_of_a_newer_version_is_shown_as_it_is);
  CPPUNIT_TEST(filters_and_orders);
  CPPUNIT_TEST(switched_off_it_writes_nothing);
  CPPUNIT_TEST(purges_in_batches);
  CPPUNIT_TEST(user_changes_are_audited_with_them);
  CPPUNIT_TEST(profile_changes_what_is_given);
  CPPUNIT_TEST(profile_takes_no_address_of_another);
  CPPUNIT_TEST_SUITE_END();

  std::optional<store::MysqlUserStore> users_;

  void append(AuditKind kind, std::int64_t user_id, std::int64_t second, const std::string& address = "") {
    store_->append({kind, at(second), user_id, {}, address, "cli", ""});
  }
  std::string kinds(const store::AuditFilter& filter) {
    std::string text;
    for (const auto& record : store_->list(filter)) text += record.kind + " ";
    return text;
  }
  std::int64_t add_user(const std::string& name, const std::string& email) {
    store::User user;
    user.username = name;
    user.email = email;
    user.first_name = "First";
    user.last_name = "Last";
    user.password = "!";
    CPPUNIT_ASSERT(users_->insert(user, true) == store::Inserted::ok);
    return user.id;
  }
  static AuditEvent event(AuditKind kind) { return {kind, at(0), 0, {}, "", "cli", ""}; }

 public:
  void setUp() override {
    StoreFixture::setUp();
    users_.emplace(*pool_);
  }
  void tearDown() override {
    users_.reset();
    StoreFixture::tearDown();
  }

  void every_kind_has_a_name_and_comes_back() {
    std::set<std::string_view> names;
    for (const AuditKind kind : store::audit_kinds()) {
      names.insert(name(kind));
      CPPUNIT_ASSERT(store::audit_kind(name(kind)) == kind);
      append(kind, 0, 0);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{27}, names.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{27}, store_->list({}).size());
    CPPUNIT_ASSERT(!names.contains("unknown"));
    CPPUNIT_ASSERT(!store::audit_kind("Login") && !store::audit_kind(""));
  }

  void event_comes_back_as_it_went() {
    AuditEvent event{AuditKind::refresh_reuse,
                     at(0) + std::chrono::microseconds(7),
                     5'000'000'000,
                     {},
                     "2001:db8::1",
                     "0123456789abcdef0123456789abcdef",
                     "reuse"};
    event.session.fill(0xfe);
    event.session[3] = 0;
    store_->append(event);
    const auto found = store_->list({}).at(0);
    CPPUNIT_ASSERT(found.id > 0);
    CPPUNIT_ASSERT_EQUAL("refresh_reuse"s, found.kind);
    CPPUNIT_ASSERT(found.at == event.at && found.session == event.session);
    CPPUNIT_ASSERT_EQUAL(event.user_id, found.user_id);
    CPPUNIT_ASSERT_EQUAL(event.address, found.address);
    CPPUNIT_ASSERT_EQUAL(event.request_id, found.request_id);
    CPPUNIT_ASSERT_EQUAL(event.reason, found.reason);
  }

  void nothing_that_comes_from_outside_makes_a_row_fail() {
    store_->append(
        {AuditKind::login, at(0), 0, {}, "\xff\x1b[2J", std::string(300, 'r'), "\xF0\x9F\x98\x80"});
    const auto found = store_->list({}).at(0);
    CPPUNIT_ASSERT_EQUAL("??[2J"s, found.address);
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'r'), found.request_id);
    CPPUNIT_ASSERT_EQUAL("????"s, found.reason);
  }

  void a_kind_of_a_newer_version_is_shown_as_it_is() {
    append(AuditKind::login, 7, 1);
    database_->run("UPDATE jwtauthd_audit SET kind = 'second_factor'");
    CPPUNIT_ASSERT_EQUAL("second_factor "s, kinds({}));
  }

  void filters_and_orders() {
    append(AuditKind::login, 7, 1, "192.0.2.1");
    append(AuditKind::logout, 7, 2, "192.0.2.2");
    append(AuditKind::login, 8, 3, "192.0.2.1");
    append(AuditKind::locked_out, 8, 4);
    const auto first = store_->list({}).at(0).id;
    using Filter = store::AuditFilter;
    const struct {
      const char* expected;
      void (*set)(Filter&, std::int64_t first);
    } rows[] = {
        {"login logout login locked_out ", [](Filter&, std::int64_t) {}},
        {"login login ", [](Filter& filter, std::int64_t) { filter.kind = AuditKind::login; }},
        {"login logout ", [](Filter& filter, std::int64_t) { filter.user_id = 7; }},
        {"login login ", [](Filter& filter, std::int64_t) { filter.address = "192.0.2.1"; }},
        {"logout login ", [](Filter& filter, std::int64_t) { filter.since = at(2), filter.until = at(4); }},
        {"locked_out login ",
         [](Filter& filter, std::int64_t) { filter.newest_first = true, filter.limit = 2; }},
        {"logout login locked_out ", [](Filter& filter, std::int64_t id) { filter.after_id = id; }},
        {"login ", [](Filter& filter,
                      std::int64_t id) { filter = {AuditKind::login, 8, "192.0.2.1", at(0), at(9), id}; }},
    };
    for (const auto& row : rows) {
      Filter filter;
      row.set(filter, first);
      CPPUNIT_ASSERT_EQUAL(std::string(row.expected), kinds(filter));
    }
  }

  void switched_off_it_writes_nothing() {
    store::MysqlAuditStore silent(*pool_, store::Auditing::off);
    const auto before = pool_->statements_sent();
    silent.append(event(AuditKind::login));
    CPPUNIT_ASSERT_EQUAL(before, pool_->statements_sent());
  }

  void purges_in_batches() {
    for (int i = 0; i < 5; ++i) append(AuditKind::login, 1, i);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, store_->purge(at(3), 2));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, store_->purge(at(3), 2));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store_->purge(at(3), 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->list({}).size());
  }

  void user_changes_are_audited_with_them() {
    store::User user;
    user.username = "ann";
    user.password = "!";
    const auto created = event(AuditKind::user_created);
    CPPUNIT_ASSERT(users_->insert(user, true, &created) == store::Inserted::ok);
    store::User same;
    same.username = "ANN";
    CPPUNIT_ASSERT(users_->insert(same, true, &created) == store::Inserted::username_taken);
    const auto opened = event(AuditKind::user_activated);
    CPPUNIT_ASSERT(users_->activate(user.id, &opened));
    CPPUNIT_ASSERT(!users_->activate(user.id + 1, &opened));
    CPPUNIT_ASSERT(users_->activate(user.id));
    const auto changed = event(AuditKind::profile_changed);
    CPPUNIT_ASSERT(users_->update_profile(user.id, {"A", {}, {}}, true, &changed) ==
                   store::ProfileUpdate::ok);
    store::AuditFilter his;
    his.user_id = user.id;
    CPPUNIT_ASSERT_EQUAL("user_created user_activated profile_changed "s, kinds(his));
    CPPUNIT_ASSERT_EQUAL("user_created user_activated profile_changed "s, kinds({}));
    store::MysqlUserStore silent(*pool_, store::Auditing::off);
    CPPUNIT_ASSERT(silent.activate(user.id, &opened));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, store_->list({}).size());
  }

  void profile_changes_what_is_given() {
    const auto id = add_user("ann", "ann@example.com");
    const auto row = [&] {
      return database_->value("SELECT CONCAT_WS('/', first_name, last_name, email) FROM auth_user");
    };
    const auto ok = store::ProfileUpdate::ok;
    CPPUNIT_ASSERT(users_->update_profile(id, {}, true) == ok);
    CPPUNIT_ASSERT_EQUAL("First/Last/ann@example.com"s, row());
    CPPUNIT_ASSERT(users_->update_profile(id, {"A", {}, {}}, true) == ok);
    CPPUNIT_ASSERT(users_->update_profile(id, {{}, "", {}}, true) == ok);
    CPPUNIT_ASSERT(users_->update_profile(id, {{}, {}, "new@example.com"}, true) == ok);
    CPPUNIT_ASSERT_EQUAL("A//new@example.com"s, row());
    CPPUNIT_ASSERT(users_->update_profile(id, {{}, {}, ""}, true) == ok);
    CPPUNIT_ASSERT(users_->update_profile(id + 1, {"A", {}, "x@example.com"}, true) ==
                   store::ProfileUpdate::no_such_user);
    CPPUNIT_ASSERT_EQUAL("A//"s, row());
  }

  void profile_takes_no_address_of_another() {
    const auto ann = add_user("ann", "ann@example.com");
    const auto bob = add_user("bob", "bob@example.com");
    const auto changed = event(AuditKind::profile_changed);
    CPPUNIT_ASSERT(users_->update_profile(bob, {"B", {}, "ANN@example.com"}, true, &changed) ==
                   store::ProfileUpdate::email_taken);
    CPPUNIT_ASSERT_EQUAL("First"s, users_->find_by_id(bob)->first_name);
    CPPUNIT_ASSERT(store_->list({}).empty());
    CPPUNIT_ASSERT(users_->update_profile(bob, {{}, {}, "BOB@example.com"}, true) ==
                   store::ProfileUpdate::ok);
    CPPUNIT_ASSERT(users_->update_profile(bob, {{}, {}, "ann@example.com"}, false) ==
                   store::ProfileUpdate::ok);
    // Two have one address by now, and either may go on saying so.
    CPPUNIT_ASSERT(users_->update_profile(ann, {"A", {}, "ann@example.com"}, true) ==
                   store::ProfileUpdate::ok);
    CPPUNIT_ASSERT(users_->update_profile(ann, {{}, {}, "c@example.com"}, true) == store::ProfileUpdate::ok);
    CPPUNIT_ASSERT(users_->update_profile(ann, {{}, {}, "ann@example.com"}, true) ==
                   store::ProfileUpdate::email_taken);
    database_->run("ALTER TABLE auth_user ADD UNIQUE KEY site_email (email)");
    CPPUNIT_ASSERT(users_->update_profile(ann, {{}, {}, "ann@example.com"}, false) ==
                   store::ProfileUpdate::email_taken);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuditStoreTest);

}  // namespace
