#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <barrier>
#include <optional>
#include <set>
#include <thread>

#include "store/mysql_user_store.h"
#include "tests/store/store_fixture.h"
#include "util/error.h"

namespace {

using store::Inserted;
using store::User;

util::TimePoint at(std::int64_t micros) {
  return util::TimePoint(std::chrono::microseconds(micros));
}

User named(const std::string& username, const std::string& email = "") {
  User user;
  user.username = username;
  user.email = email;
  user.password = "!";
  user.date_joined = at(1'709'251'199'999'999);
  return user;
}

std::string repeated(std::string_view unit, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += unit;
  return text;
}

class UserStoreTest : public store_test::StoreFixture<store::MysqlUserStore> {
  CPPUNIT_TEST_SUITE(UserStoreTest);
  CPPUNIT_TEST(user_comes_back_as_it_went);
  CPPUNIT_TEST(defaults_come_back_as_they_went);
  CPPUNIT_TEST(unknown_user_is_none);
  CPPUNIT_TEST(username_is_found_by_the_columns_collation);
  CPPUNIT_TEST(exact_collation_tells_names_apart);
  CPPUNIT_TEST(columns_hold_djangos_lengths_in_characters);
  CPPUNIT_TEST(second_user_of_a_name_is_refused);
  CPPUNIT_TEST(of_two_who_register_a_name_at_once_one_gets_it);
  CPPUNIT_TEST(finds_many_by_id);
  CPPUNIT_TEST(finds_the_groups_of_many);
  CPPUNIT_TEST(password_is_replaced_only_when_it_is_still_the_expected_one);
  CPPUNIT_TEST(last_login_and_activity_are_set);
  CPPUNIT_TEST(change_of_an_unknown_user_says_so);
  CPPUNIT_TEST(change_to_the_same_value_counts_as_done);
  CPPUNIT_TEST(lists_by_filter_in_pages);
  CPPUNIT_TEST(search_takes_wildcards_literally);
  CPPUNIT_TEST(each_reading_call_is_one_statement);
  CPPUNIT_TEST_SUITE_END();

  store::UserStore* users_ = nullptr;

  std::int64_t add(const std::string& username, const std::string& email = "") {
    User user = named(username, email);
    CPPUNIT_ASSERT(users_->insert(user, false) == Inserted::ok);
    return user.id;
  }

  static void assert_same(const User& a, const User& b) {
    CPPUNIT_ASSERT_EQUAL(a.id, b.id);
    CPPUNIT_ASSERT_EQUAL(a.password, b.password);
    CPPUNIT_ASSERT(a.last_login == b.last_login);
    CPPUNIT_ASSERT_EQUAL(a.username, b.username);
    CPPUNIT_ASSERT_EQUAL(a.first_name, b.first_name);
    CPPUNIT_ASSERT_EQUAL(a.last_name, b.last_name);
    CPPUNIT_ASSERT_EQUAL(a.email, b.email);
    CPPUNIT_ASSERT_EQUAL(a.is_superuser, b.is_superuser);
    CPPUNIT_ASSERT_EQUAL(a.is_staff, b.is_staff);
    CPPUNIT_ASSERT_EQUAL(a.is_active, b.is_active);
    CPPUNIT_ASSERT(a.date_joined == b.date_joined);
  }

 public:
  void setUp() override {
    StoreFixture::setUp();
    users_ = &*store_;
  }

  void user_comes_back_as_it_went() {
    User user = named("\xF0\x9D\x92\xB3\xC3\xA9@x", "A\xF0\x9F\x98\x80@example.com");
    user.password = "argon2$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
    user.last_login = at(1);
    user.is_superuser = true;
    user.first_name = "D'Arcy \\ \"q\"";
    user.last_name = "\xE6\x9D\x8E";
    user.is_staff = true;
    user.is_active = false;
    CPPUNIT_ASSERT(users_->insert(user, true) == Inserted::ok);
    CPPUNIT_ASSERT(user.id > 0);
    assert_same(user, users_->find_by_id(user.id).value());
    assert_same(user, users_->find_by_username(user.username).value());
  }

  void defaults_come_back_as_they_went() {
    User user = named("plain");
    CPPUNIT_ASSERT(users_->insert(user, true) == Inserted::ok);
    assert_same(user, users_->find_by_id(user.id).value());
  }

  void unknown_user_is_none() {
    CPPUNIT_ASSERT(!users_->find_by_id(1));
    CPPUNIT_ASSERT(!users_->find_by_id(-1));
    CPPUNIT_ASSERT(!users_->find_by_id(std::numeric_limits<std::int64_t>::max()));
    CPPUNIT_ASSERT(!users_->find_by_username(""));
    CPPUNIT_ASSERT(!users_->username_exists("nobody"));
    CPPUNIT_ASSERT(!users_->email_exists("nobody@example.com"));
  }

  void username_is_found_by_the_columns_collation() {
    add("Ren\xC3\xA9", "Rene@example.com");
    for (const char* name : {"Ren\xC3\xA9", "ren\xC3\xA9", "RENE", "rene"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("Ren\xC3\xA9"), users_->find_by_username(name).value().username);
      CPPUNIT_ASSERT(users_->username_exists(name));
    }
    CPPUNIT_ASSERT(!users_->username_exists("ren"));
    CPPUNIT_ASSERT(users_->email_exists("rENE@EXAMPLE.com"));
  }

  void exact_collation_tells_names_apart() {
    database_->run("ALTER TABLE auth_user CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    add("Rene", "Rene@example.com");
    CPPUNIT_ASSERT(!users_->username_exists("rene"));
    CPPUNIT_ASSERT(!users_->email_exists("rene@example.com"));
    User other = named("rene", "rene@example.com");
    CPPUNIT_ASSERT(users_->insert(other, true) == Inserted::ok);
  }

  void columns_hold_djangos_lengths_in_characters() {
    const std::string name = repeated("\xF0\x9D\x92\xB3", 150);
    User user = named(name, repeated("e", 242) + "@example.com");
    user.password = repeated("p", 128);
    user.first_name = name;
    user.last_name = name;
    CPPUNIT_ASSERT_EQUAL(std::size_t{254}, user.email.size());
    CPPUNIT_ASSERT(users_->insert(user, true) == Inserted::ok);
    assert_same(user, users_->find_by_id(user.id).value());

    User long_name = named(name + "x");
    CPPUNIT_ASSERT_THROW(users_->insert(long_name, true), util::Outage);
    User long_email = named("y", "e" + user.email);
    CPPUNIT_ASSERT_THROW(users_->insert(long_email, true), util::Outage);
    CPPUNIT_ASSERT_THROW(users_->set_password(user.id, repeated("p", 129)), util::Outage);
  }

  void second_user_of_a_name_is_refused() {
    add("bob", "bob@example.com");
    User same = named("BOB", "other@example.com");
    CPPUNIT_ASSERT(users_->insert(same, true) == Inserted::username_taken);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, same.id);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), database_->value("SELECT COUNT(*) FROM auth_user"));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), database_->value("SELECT COUNT(*) FROM jwtauthd_email_claim"));
  }

  void of_two_who_register_a_name_at_once_one_gets_it() {
    for (int round = 0; round < 20; ++round) {
      std::barrier start(2);
      std::atomic<int> ok{0};
      std::atomic<int> taken{0};
      const auto attempt = [&] {
        User user = named("name" + std::to_string(round));
        start.arrive_and_wait();
        const auto outcome = users_->insert(user, false);
        if (outcome == Inserted::ok) ++ok;
        if (outcome == Inserted::username_taken) ++taken;
      };
      std::thread other(attempt);
      attempt();
      other.join();
      CPPUNIT_ASSERT_EQUAL(1, ok.load());
      CPPUNIT_ASSERT_EQUAL(1, taken.load());
    }
  }

  void finds_many_by_id() {
    std::string sql =
        "INSERT INTO auth_user SELECT seq, '!', NULL, 0, CONCAT('u', seq), '', '', '', 0, 1, NOW(6) FROM ";
    database_->run(sql +
                   "(WITH RECURSIVE s AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 700) "
                   "SELECT seq FROM s) AS numbers");
    for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 64U, 65U, 512U, 513U, 700U, 900U}) {
      std::vector<std::int64_t> ids;
      for (std::size_t i = 1; i <= count; ++i) ids.push_back(static_cast<std::int64_t>(i));
      std::set<std::int64_t> found;
      const auto users = users_->find_by_ids(ids);
      for (const auto& user : users) {
        found.insert(user.id);
        CPPUNIT_ASSERT_EQUAL("u" + std::to_string(user.id), user.username);
      }
      CPPUNIT_ASSERT_EQUAL(std::min<std::size_t>(count, 700), users.size());
      CPPUNIT_ASSERT_EQUAL(users.size(), found.size());
    }
  }

  void finds_the_groups_of_many() {
    database_->run("INSERT INTO auth_group (id, name) VALUES (1, 'b'), (2, 'Z'), (3, 'a'), (4, 'nobody')");
    database_->run(
        "INSERT INTO auth_user_groups (user_id, group_id) VALUES (9, 1), (7, 1), (7, 2), (7, 3), (8, 3)");
    const auto told = [&](std::vector<std::int64_t> ids) {
      std::string text;
      for (const auto& in : users_->groups_of(ids)) text += std::to_string(in.user_id) + in.group + " ";
      return text;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("7Z 7a 7b 9b "), told({9, 7, 6}));
    CPPUNIT_ASSERT_EQUAL(std::string(), told({}));
    CPPUNIT_ASSERT_EQUAL(std::string(), told({6}));
    std::vector<std::int64_t> many(600, 5);
    many.back() = 8;
    CPPUNIT_ASSERT_EQUAL(std::string("8a "), told(many));
  }

  void password_is_replaced_only_when_it_is_still_the_expected_one() {
    const auto id = add("bob");
    CPPUNIT_ASSERT(users_->set_password(id, "one$AAAA", "!"));
    CPPUNIT_ASSERT(!users_->set_password(id, "two", "one$aaaa"));  // base64 that differs in case only
    CPPUNIT_ASSERT_EQUAL(std::string("one$AAAA"), users_->find_by_id(id)->password);
    CPPUNIT_ASSERT(users_->set_password(id, "two", "one$AAAA"));
    CPPUNIT_ASSERT(users_->set_password(id, "three"));
    CPPUNIT_ASSERT_EQUAL(std::string("three"), users_->find_by_id(id)->password);
  }

  void last_login_and_activity_are_set() {
    const auto id = add("bob");
    CPPUNIT_ASSERT(users_->set_last_login(id, at(1'000'001)));
    database_->run("UPDATE auth_user SET is_active = 0");
    const auto user = users_->find_by_id(id).value();
    CPPUNIT_ASSERT(user.last_login == at(1'000'001));
    CPPUNIT_ASSERT(!user.is_active);
    CPPUNIT_ASSERT(users_->activate(id));
    CPPUNIT_ASSERT(users_->find_by_id(id)->is_active);
  }

  void change_of_an_unknown_user_says_so() {
    CPPUNIT_ASSERT(!users_->set_password(5, "x"));
    CPPUNIT_ASSERT(!users_->set_last_login(5, at(0)));
    CPPUNIT_ASSERT(!users_->activate(5));
  }

  void change_to_the_same_value_counts_as_done() {
    const auto id = add("bob");
    CPPUNIT_ASSERT(users_->activate(id));
    CPPUNIT_ASSERT(users_->set_password(id, "!"));
  }

  void lists_by_filter_in_pages() {
    add("anna", "anna@example.com");
    const auto bert = add("bert", "b@Anna.example");
    const auto carl = add("carl", "c@example.com");
    database_->run("UPDATE auth_user SET is_active = 0 WHERE id = " + std::to_string(carl));
    database_->run("UPDATE auth_user SET is_staff = 1 WHERE username = 'bert'");
    const auto names = [&](const store::UserFilter& filter) {
      std::string text;
      for (const auto& user : users_->list(filter)) text += user.username + " ";
      return text;
    };
    store::UserFilter filter;
    CPPUNIT_ASSERT_EQUAL(std::string("anna bert carl "), names(filter));
    filter.limit = 2;
    CPPUNIT_ASSERT_EQUAL(std::string("anna bert "), names(filter));
    filter.after_id = bert;
    CPPUNIT_ASSERT_EQUAL(std::string("carl "), names(filter));
    filter = {};
    filter.search = "ANNA";
    CPPUNIT_ASSERT_EQUAL(std::string("anna bert "), names(filter));
    filter.is_staff = false;
    CPPUNIT_ASSERT_EQUAL(std::string("anna "), names(filter));
    filter = {};
    filter.is_active = false;
    CPPUNIT_ASSERT_EQUAL(std::string("carl "), names(filter));
    filter.is_active = true;
    filter.is_staff = true;
    CPPUNIT_ASSERT_EQUAL(std::string("bert "), names(filter));
  }

  void search_takes_wildcards_literally() {
    add("a_b");
    add("axb");
    add("a%b");
    add("a|b");
    add("a\\b");
    const auto found = [&](const std::string& search) {
      store::UserFilter filter;
      filter.search = search;
      std::string text;
      for (const auto& user : users_->list(filter)) text += user.username + " ";
      return text;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("a_b "), found("_"));
    CPPUNIT_ASSERT_EQUAL(std::string("a%b "), found("%"));
    CPPUNIT_ASSERT_EQUAL(std::string("a|b "), found("|"));
    CPPUNIT_ASSERT_EQUAL(std::string("a\\b "), found("\\"));
  }

  void each_reading_call_is_one_statement() {
    const auto id = add("bob");
    const auto before = pool_->statements_sent();
    users_->find_by_id(id);
    users_->find_by_username("bob");
    users_->username_exists("bob");
    users_->email_exists("bob@example.com");
    const std::int64_t ids[] = {id, id + 1};
    users_->find_by_ids(ids);
    users_->groups_of(ids);
    users_->set_password(id, "x", "!");
    CPPUNIT_ASSERT_EQUAL(before + 7, pool_->statements_sent());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserStoreTest);

}  // namespace
