// A worker whose keys are off their defaults, on tables that Django made: each key has its effect over HTTP.
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "json/parse.h"
#include "util/encoding.h"

namespace integration {
namespace {

std::string second_state_dir() {
  const char* value = std::getenv("JWTAUTHD_TEST_KEYS_STATE_DIR");
  CPPUNIT_ASSERT_MESSAGE("JWTAUTHD_TEST_KEYS_STATE_DIR", value != nullptr);
  return value;
}

std::uint16_t second_port() {
  std::ifstream file(second_state_dir() + "/port");
  std::uint16_t port = 0;
  CPPUNIT_ASSERT(file >> port);
  return port;
}

mysql::Pool& second_database() {
  static mysql::Pool pool([] {
    mysql::Options options;
    options.socket = second_state_dir() + "/db/sock";
    options.user = stack().db_user;
    options.database = stack().db_name;
    return options;
  }());
  return pool;
}

/// prepare() keeps statements by their literal: these texts live as long as the process.
const char* literal(const std::string& sql) {
  static std::deque<std::string> texts;
  return texts.emplace_back(sql).c_str();
}

void change(const std::string& sql) {
  auto lease = second_database().acquire();
  lease.prepare(literal(sql)).execute();
}

std::int64_t count(const std::string& sql) {
  auto lease = second_database().acquire();
  auto rows = lease.prepare(literal(sql)).query();
  CPPUNIT_ASSERT(rows.next());
  return rows.integer(1);
}

json::Value claims_of(const std::string& token) {
  const std::size_t first = token.find('.') + 1;
  const auto text = util::from_base64url(token.substr(first, token.rfind('.') - first));
  CPPUNIT_ASSERT(text);
  return json::parse(*text).value();
}

std::string text_of(const json::Value& claims, std::string_view name) {
  const auto claim = claims.get(name);
  return claim && claim->is(json::Type::string) ? std::string(claim->as_string()) : "(none)";
}

Answer dashboard(const std::string& scheme, const std::string& token) {
  return get("/api/dashboard/", {{"Authorization", scheme + " " + token}});
}

Answer refresh(const std::string& token, const char* path = "/api/token/refresh/") {
  return post_json(path, R"({"refresh":")" + token + R"("})");
}

Answer login(const Account& account) {
  return post_json("/api/login/",
                   R"({"username":")" + account.username + R"(","password":")" + account.password + R"("})");
}

/// Beyond the time within which every worker sees a change.
void let_a_poll_pass() {
  std::this_thread::sleep_for(std::chrono::seconds(1));
}

}  // namespace

class ConfiguredKeysTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConfiguredKeysTest);
  CPPUNIT_TEST(claims_have_the_configured_names);
  CPPUNIT_TEST(access_tokens_tell_of_the_user_as_he_is);
  CPPUNIT_TEST(header_types_and_challenge_are_the_configured_ones);
  CPPUNIT_TEST(a_login_is_written_down);
  CPPUNIT_TEST(a_changed_password_ends_all_tokens);
  CPPUNIT_TEST(a_renamed_users_tokens_end);
  CPPUNIT_TEST(inactive_users_keep_their_tokens);
  CPPUNIT_TEST(a_rotated_token_is_blacklisted);
  CPPUNIT_TEST(a_token_is_blacklisted_on_request);
  CPPUNIT_TEST_SUITE_END();

  std::optional<OtherPort> there_;
  Account account_;

  std::string quoted() const { return "'" + account_.username + "'"; }

 public:
  void setUp() override {
    there_.emplace(second_port());
    account_ = register_and_login();
  }
  void tearDown() override { there_.reset(); }

  void claims_have_the_configured_names() {
    for (const auto& [token, kind] : {std::pair{account_.access, "access"}, {account_.refresh, "refresh"}}) {
      const auto claims = claims_of(token);
      CPPUNIT_ASSERT_EQUAL(account_.username, text_of(claims, "whose"));
      CPPUNIT_ASSERT_EQUAL(std::string(kind), text_of(claims, "kind"));
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example"), text_of(claims, "iss"));
      CPPUNIT_ASSERT_EQUAL(std::string("app"), text_of(claims, "aud"));
      CPPUNIT_ASSERT_EQUAL(std::size_t{32}, text_of(claims, "number").size());
      CPPUNIT_ASSERT_EQUAL(std::size_t{32}, text_of(claims, "mark").size());
      for (const char* name : {"user_id", "token_type", "jti", "hash_password"}) {
        CPPUNIT_ASSERT_MESSAGE(name, !claims.get(name));
      }
    }
  }

  void access_tokens_tell_of_the_user_as_he_is() {
    const auto email = [](const std::string& token) { return text_of(claims_of(token), "email"); };
    const std::string first = email(account_.access);
    CPPUNIT_ASSERT_MESSAGE(first, first.find('@') != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("north"), text_of(claims_of(account_.access), "tenant"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), email(account_.refresh));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), text_of(claims_of(account_.refresh), "tenant"));
    change("UPDATE auth_user SET email = CONCAT('new-', email) WHERE username = " + quoted());
    let_a_poll_pass();
    const auto rotated = refresh(account_.refresh);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(rotated.body, 200, rotated.status);
    const std::string access = member(rotated.body, "access");
    CPPUNIT_ASSERT_EQUAL("new-" + first, email(access));
    CPPUNIT_ASSERT_EQUAL(std::string("north"), text_of(claims_of(access), "tenant"));
    CPPUNIT_ASSERT_EQUAL(200, dashboard("JWT", access).status);
  }

  void header_types_and_challenge_are_the_configured_ones() {
    CPPUNIT_ASSERT_EQUAL(200, dashboard("JWT", account_.access).status);
    CPPUNIT_ASSERT_EQUAL(200, dashboard("Token", account_.access).status);
    const auto refused = dashboard("Bearer", account_.access);
    CPPUNIT_ASSERT_EQUAL(401, refused.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"(JWT realm="api")"), refused.header("www-authenticate"));
  }

  void a_login_is_written_down() {
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count("SELECT last_login > UTC_TIMESTAMP() - INTERVAL 1 HOUR "
                                                "FROM auth_user WHERE username = " +
                                                quoted()));
  }

  void a_changed_password_ends_all_tokens() {
    for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT_EQUAL(200, dashboard("JWT", account_.access).status);
    change("UPDATE auth_user SET password = CONCAT('!', password) WHERE username = " + quoted());
    let_a_poll_pass();
    const auto refused = dashboard("JWT", account_.access);
    CPPUNIT_ASSERT_EQUAL(401, refused.status);
    CPPUNIT_ASSERT_EQUAL(std::string("password_changed"), member(refused.body, "code"));
    CPPUNIT_ASSERT_EQUAL(401, refresh(account_.refresh).status);
  }

  void a_renamed_users_tokens_end() {
    for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT_EQUAL(200, dashboard("JWT", account_.access).status);
    change("UPDATE auth_user SET username = CONCAT(username, 'x') WHERE username = " + quoted());
    let_a_poll_pass();
    CPPUNIT_ASSERT_EQUAL(401, dashboard("JWT", account_.access).status);
  }

  void inactive_users_keep_their_tokens() {
    change("UPDATE auth_user SET is_active = 0 WHERE username = " + quoted());
    let_a_poll_pass();
    CPPUNIT_ASSERT_EQUAL(200, dashboard("JWT", account_.access).status);
    CPPUNIT_ASSERT_EQUAL(401, login(account_).status);
  }

  void a_rotated_token_is_blacklisted() {
    const auto rotated = refresh(account_.refresh);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(rotated.body, 200, rotated.status);
    const std::string successor = member(rotated.body, "refresh");
    CPPUNIT_ASSERT(!successor.empty() && successor != account_.refresh);
    CPPUNIT_ASSERT_EQUAL(200, dashboard("JWT", member(rotated.body, "access")).status);
    for (const char* path : {"/api/token/refresh/", "/api/token/blacklist/"}) {
      const auto refused = refresh(account_.refresh, path);
      CPPUNIT_ASSERT_EQUAL(401, refused.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Token is blacklisted","code":"token_not_valid"})"),
                           refused.body);
    }
    CPPUNIT_ASSERT_EQUAL(200, refresh(successor).status);
    // The login's, and a successor of each of the two refreshes.
    const std::string of_user =
        "token_blacklist_outstandingtoken o JOIN auth_user u ON u.id = o.user_id "
        "LEFT JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id WHERE u.username = " +
        quoted();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, count("SELECT COUNT(*) FROM " + of_user));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, count("SELECT COUNT(b.id) FROM " + of_user));
  }

  void a_token_is_blacklisted_on_request() {
    const auto done = refresh(account_.refresh, "/api/token/blacklist/");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(done.body, 200, done.status);
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), done.body);
    CPPUNIT_ASSERT_EQUAL(401, refresh(account_.refresh).status);
    CPPUNIT_ASSERT_EQUAL(
        401, post_json("/api/token/verify/", R"({"token":")" + account_.refresh + R"("})").status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(member(login(account_).body, "refresh")).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConfiguredKeysTest);

}  // namespace integration
