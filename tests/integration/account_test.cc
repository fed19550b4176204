// GET, PATCH and DELETE /api/me/.
#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"
#include "json/parse.h"

namespace integration {
namespace {

Answer with_body(const char* method, const std::string& access, const std::string& body) {
  Headers headers = bearer(access);
  headers.emplace_back("Content-Type", "application/json");
  return request(method, "/api/me/", headers, body);
}

}  // namespace

class AccountTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccountTest);
  CPPUNIT_TEST(shows_the_account_without_its_password);
  CPPUNIT_TEST(changes_what_is_sent_and_nothing_else);
  CPPUNIT_TEST(refuses_an_email_of_somebody_else);
  CPPUNIT_TEST(does_not_change_who_one_is);
  CPPUNIT_TEST(deletes_the_account_for_its_password);
  CPPUNIT_TEST_SUITE_END();

 public:
  void shows_the_account_without_its_password() {
    const auto account = register_and_login();
    const auto me = get("/api/me/", bearer(account.access));
    CPPUNIT_ASSERT_EQUAL(200, me.status);
    const auto beginning = R"({"id":)" + std::to_string(account.id) + R"(,"username":")" + account.username +
                           R"(","email":")" + account.username +
                           R"(@example.com","first_name":"","last_name":"","date_joined":"2)";
    CPPUNIT_ASSERT_EQUAL(beginning, me.body.substr(0, beginning.size()));
    CPPUNIT_ASSERT(me.body.find("password") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(401, get("/api/me/").status);
  }

  void changes_what_is_sent_and_nothing_else() {
    const auto account = register_and_login();
    const auto changed = with_body("PATCH", account.access, R"({"first_name":" Grâce "})");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(changed.body, 200, changed.status);
    const auto me = json::parse(get("/api/me/", bearer(account.access)).body).value();
    CPPUNIT_ASSERT_EQUAL(std::string("Grâce"), text_of(me, "first_name"));
    CPPUNIT_ASSERT_EQUAL(account.username + "@example.com", text_of(me, "email"));
    CPPUNIT_ASSERT_EQUAL(400, with_body("PATCH", account.access, R"({"email":"nobody"})").status);
    CPPUNIT_ASSERT_EQUAL(
        400,
        with_body("PATCH", account.access, R"({"last_name":")" + std::string(151, 'x') + R"("})").status);
    CPPUNIT_ASSERT_EQUAL(405, with_body("PUT", account.access, "{}").status);
  }

  void refuses_an_email_of_somebody_else() {
    const auto account = register_and_login();
    const auto other = register_and_login();
    const auto taken =
        with_body("PATCH", account.access, R"({"email":")" + other.username + R"(@EXAMPLE.com"})");
    CPPUNIT_ASSERT_EQUAL(400, taken.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"email":["A user with that email already exists."]})"), taken.body);
    const auto own =
        with_body("PATCH", account.access, R"({"email":")" + account.username + R"(@EXAMPLE.com"})");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(own.body, 200, own.status);
  }

  void does_not_change_who_one_is() {
    const auto account = register_and_login();
    const auto answer = with_body(
        "PATCH", account.access,
        R"({"id":1,"username":"root","is_staff":true,"is_superuser":true,"is_active":false,"password":"x"})");
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(
        account.username + " 0 0 1",
        rows(database(), "username, is_staff, is_superuser, is_active) FROM auth_user WHERE id = " +
                             std::to_string(account.id))
            .at(0));
    CPPUNIT_ASSERT_EQUAL(200, login(account.username, account.password).status);
  }

  void deletes_the_account_for_its_password() {
    const auto account = register_and_login();
    const auto missing = with_body("DELETE", account.access, "{}");
    CPPUNIT_ASSERT_EQUAL(400, missing.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"password":["This field is required."]})"), missing.body);
    const auto wrong = with_body("DELETE", account.access, R"({"password":"Zebra-quilt-78"})");
    CPPUNIT_ASSERT_EQUAL(400, wrong.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"password":["Invalid password."]})"), wrong.body);
    CPPUNIT_ASSERT_EQUAL(0, others_than(200, account.access));

    const auto done = with_body("DELETE", account.access, R"({"password":")" + account.password + R"("})");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(done.body, 204, done.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), done.body);
    CPPUNIT_ASSERT_EQUAL(401, login(account.username, account.password).status);
    CPPUNIT_ASSERT_EQUAL(401, refresh(account.refresh).status);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(0, others_than(401, account.access));
    // Name and address are free again.
    const auto body = R"({"username":")" + account.username + R"(","email":")" + account.username +
                      R"(@example.com","password":")" + account.password + R"("})";
    CPPUNIT_ASSERT_EQUAL(201, post_json("/api/register/", body).status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a namesake gets nothing of it", 401, refresh(account.refresh).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccountTest);

}  // namespace integration
