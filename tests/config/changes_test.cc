#include "config/changes.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "config/key.h"

namespace {

using config::Config;
using Names = std::vector<std::string>;

class ChangesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChangesTest);
  CPPUNIT_TEST(nothing_changed_is_nothing_told);
  CPPUNIT_TEST(every_kind_of_value_is_compared);
  CPPUNIT_TEST(keys_of_threads_and_sockets_stay_as_they_run);
  CPPUNIT_TEST(the_file_of_a_secret_counts_too);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nothing_changed_is_nothing_told() {
    const Config running = config::defaults();
    Config next = config::defaults();
    const auto changes = config::adopt(running, next);
    CPPUNIT_ASSERT(changes.taken.empty());
    CPPUNIT_ASSERT(changes.wait_for_restart.empty());
  }

  void every_kind_of_value_is_compared() {
    const Config running = config::defaults();
    Config next = config::defaults();
    next.server.shutdown_grace = std::chrono::seconds(9);
    next.database.password = util::Secret("other");
    next.tokens.issuer = "https://example.org";
    next.passwords.max_similarity = 0.5;
    next.trust.issuers = {{"https://other.example", "us", "/keys.json", {}}};
    next.claims.access = {"email"};
    next.claims.constant = {{"tenant", "north"}};
    next.cache.users = 7;
    next.cache.poll_interval = std::chrono::milliseconds(100);
    next.compat.django_blacklist = true;
    const auto changes = config::adopt(running, next);
    CPPUNIT_ASSERT((changes.taken == Names{"server.shutdown_grace", "database.password", "tokens.issuer",
                                           "passwords.max_similarity", "trust.issuers", "claims.access",
                                           "claims.constant", "cache.users", "cache.poll_interval",
                                           "compat.django_blacklist"}));
    CPPUNIT_ASSERT(changes.wait_for_restart.empty());
    CPPUNIT_ASSERT_EQUAL(std::string("other"), std::string(next.database.password.reveal()));
  }

  void keys_of_threads_and_sockets_stay_as_they_run() {
    const Config running = config::defaults();
    Config next = config::defaults();
    next.server.listen = "/run/other";
    next.server.socket_mode = 0600;
    next.server.password_threads = 3;
    next.server.read_timeout = std::chrono::seconds(1);
    next.log.access = !running.log.access;
    next.log.level = "debug";
    const auto changes = config::adopt(running, next);
    CPPUNIT_ASSERT((changes.taken == Names{"log.level"}));
    CPPUNIT_ASSERT(
        (changes.wait_for_restart == Names{"server.listen", "server.socket_mode", "server.password_threads",
                                           "server.read_timeout", "log.access"}));
    CPPUNIT_ASSERT_EQUAL(running.server.listen, next.server.listen);
    CPPUNIT_ASSERT_EQUAL(running.server.password_threads, next.server.password_threads);
    CPPUNIT_ASSERT_EQUAL(running.log.access, next.log.access);
    CPPUNIT_ASSERT_EQUAL(std::string("debug"), next.log.level);
  }

  void the_file_of_a_secret_counts_too() {
    const Config running = config::defaults();
    Config next = config::defaults();
    next.tokens.signing_key_file = "/another.pem";
    CPPUNIT_ASSERT((config::adopt(running, next).taken == Names{"tokens.signing_key"}));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(ChangesTest);
