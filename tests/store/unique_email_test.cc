// One e-mail, one user: also when both come at once, and when Django's admin has been at work.
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "store/mysql_user_store.h"
#include "store_fixture.h"

namespace {

using store::Inserted;
using store::User;

class UniqueEmailTest : public store_test::StoreFixture<store::MysqlUserStore> {
  CPPUNIT_TEST_SUITE(UniqueEmailTest);
  CPPUNIT_TEST(second_user_of_an_address_is_refused_and_leaves_nothing);
  CPPUNIT_TEST(address_is_compared_by_the_columns_collation);
  CPPUNIT_TEST(address_that_django_wrote_is_taken);
  CPPUNIT_TEST(address_of_a_user_that_django_deleted_is_free);
  CPPUNIT_TEST(address_that_django_changed_is_free_and_the_new_one_taken);
  CPPUNIT_TEST(store_without_address_are_not_compared);
  CPPUNIT_TEST(duplicates_are_let_in_when_not_asked_to_refuse);
  CPPUNIT_TEST(of_many_who_register_an_address_at_once_one_gets_it);
  CPPUNIT_TEST(waits_for_a_rival_that_then_gives_up);
  CPPUNIT_TEST(table_without_our_index_works_the_same);
  CPPUNIT_TEST(unique_index_of_the_sites_own_names_the_address);
  CPPUNIT_TEST_SUITE_END();

  // Not before setUp(): CppUnit makes all fixtures before the first test runs.
  Inserted add(const std::string& username, const std::string& email, bool unique = true) {
    User user;
    user.username = username;
    user.email = email;
    user.password = "!";
    return store_->insert(user, unique);
  }
  std::string count() { return database_->value("SELECT COUNT(*) FROM auth_user"); }
  void django_adds(const std::string& username, const std::string& email) {
    database_->run(
        "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, "
        "is_active, "
        "date_joined) VALUES ('!', 0, '" +
        username + "', '', '', '" + email + "', 0, 1, NOW(6))");
  }

 public:
  void second_user_of_an_address_is_refused_and_leaves_nothing() {
    CPPUNIT_ASSERT(add("a", "x@example.com") == Inserted::ok);
    CPPUNIT_ASSERT(add("b", "x@example.com") == Inserted::email_taken);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), count());
    CPPUNIT_ASSERT(add("b", "y@example.com") == Inserted::ok);
    CPPUNIT_ASSERT(add("c", "x@example.com") == Inserted::email_taken);
  }

  void address_is_compared_by_the_columns_collation() {
    CPPUNIT_ASSERT(add("a", "X@example.com") == Inserted::ok);
    CPPUNIT_ASSERT(add("b", "x@EXAMPLE.com") == Inserted::email_taken);
  }

  void address_that_django_wrote_is_taken() {
    django_adds("a", "x@example.com");
    CPPUNIT_ASSERT(add("b", "x@example.com") == Inserted::email_taken);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), count());
  }

  void address_of_a_user_that_django_deleted_is_free() {
    CPPUNIT_ASSERT(add("a", "x@example.com") == Inserted::ok);
    database_->run("DELETE FROM auth_user");
    CPPUNIT_ASSERT(add("b", "x@example.com") == Inserted::ok);
    CPPUNIT_ASSERT(add("c", "x@example.com") == Inserted::email_taken);
  }

  void address_that_django_changed_is_free_and_the_new_one_taken() {
    CPPUNIT_ASSERT(add("a", "old@example.com") == Inserted::ok);
    database_->run("UPDATE auth_user SET email = 'new@example.com'");
    CPPUNIT_ASSERT(add("b", "new@example.com") == Inserted::email_taken);
    CPPUNIT_ASSERT(add("b", "old@example.com") == Inserted::ok);
  }

  void store_without_address_are_not_compared() {
    CPPUNIT_ASSERT(add("a", "") == Inserted::ok);
    CPPUNIT_ASSERT(add("b", "") == Inserted::ok);
  }

  void duplicates_are_let_in_when_not_asked_to_refuse() {
    CPPUNIT_ASSERT(add("a", "x@example.com", false) == Inserted::ok);
    CPPUNIT_ASSERT(add("b", "x@example.com", false) == Inserted::ok);
    CPPUNIT_ASSERT(add("c", "x@example.com") == Inserted::email_taken);
  }

  void of_many_who_register_an_address_at_once_one_gets_it() {
    constexpr int kRivals = 4;
    for (int round = 0; round < 50; ++round) {
      std::barrier start(kRivals);
      std::atomic<int> ok{0};
      std::atomic<int> taken{0};
      std::vector<std::thread> rivals;
      for (int i = 0; i < kRivals; ++i) {
        rivals.emplace_back([&, i] {
          const std::string number = std::to_string(round);
          start.arrive_and_wait();
          const auto outcome =
              add(std::to_string(i) + "u" + number, (i % 2 ? "X" : "x") + number + "@example.com");
          if (outcome == Inserted::ok) ++ok;
          if (outcome == Inserted::email_taken) ++taken;
        });
      }
      for (auto& rival : rivals) rival.join();
      CPPUNIT_ASSERT_EQUAL(1, ok.load());
      CPPUNIT_ASSERT_EQUAL(kRivals - 1, taken.load());
    }
    CPPUNIT_ASSERT_EQUAL(std::string("50"), count());
  }

  void waits_for_a_rival_that_then_gives_up() {
    auto rival = std::make_unique<mysql::Transaction>(*pool_);
    rival
        ->prepare(
            "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, "
            "is_staff, "
            "is_active, date_joined) VALUES ('!', 0, 'rival', '', '', 'x@example.com', 0, 1, NOW(6))")
        .execute();
    rival
        ->prepare(
            "INSERT INTO jwtauthd_email_claim SELECT UNHEX(SHA2(WEIGHT_STRING(email), 256)), id FROM "
            "auth_user")
        .execute();
    std::atomic<bool> done{false};
    Inserted outcome = Inserted::email_taken;
    std::thread other([&] {
      outcome = add("b", "x@example.com");
      done = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const bool waited = !done;
    rival.reset();
    other.join();
    CPPUNIT_ASSERT(waited);
    CPPUNIT_ASSERT(outcome == Inserted::ok);
  }

  void table_without_our_index_works_the_same() {
    database_->run("ALTER TABLE auth_user DROP INDEX jwtauthd_email");
    second_user_of_an_address_is_refused_and_leaves_nothing();
    of_many_who_register_an_address_at_once_one_gets_it_without_index();
  }

  void unique_index_of_the_sites_own_names_the_address() {
    database_->run("ALTER TABLE auth_user ADD UNIQUE KEY auth_user_email_1c89df09_uniq (email)");
    for (const bool unique : {true, false}) {
      const std::string address = unique ? "x@example.com" : "y@example.com";
      CPPUNIT_ASSERT(add("a" + address, address, unique) == Inserted::ok);
      CPPUNIT_ASSERT(add("b" + address, address, unique) == Inserted::email_taken);
      CPPUNIT_ASSERT(add("a" + address, "z@example.com", unique) == Inserted::username_taken);
    }
  }

 private:
  void of_many_who_register_an_address_at_once_one_gets_it_without_index() {
    database_->run("DELETE FROM auth_user");
    of_many_who_register_an_address_at_once_one_gets_it();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UniqueEmailTest);

}  // namespace
