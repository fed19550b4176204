// The main job, as a client sees it: register, log in, refresh, open a protected route.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "json/parse.h"

namespace integration {

class AccountFlowTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccountFlowTest);
  CPPUNIT_TEST(registers_logs_in_refreshes_and_opens_the_dashboard);
  CPPUNIT_TEST(takes_form_and_multipart_bodies);
  CPPUNIT_TEST(api_token_is_the_same_as_login);
  CPPUNIT_TEST(verify_accepts_both_tokens);
  CPPUNIT_TEST(tells_every_complaint_at_once);
  CPPUNIT_TEST(refuses_a_second_account_with_the_name_in_any_form);
  CPPUNIT_TEST(refuses_a_second_account_with_the_email);
  CPPUNIT_TEST(racing_registrations_of_one_name_make_one_account);
  CPPUNIT_TEST(wrong_unknown_and_inactive_answer_the_same_bytes);
  CPPUNIT_TEST(new_passwords_are_stored_as_argon2id);
  CPPUNIT_TEST(login_leaves_last_login_alone);
  CPPUNIT_TEST(answers_with_tokens_are_not_to_be_stored);
  CPPUNIT_TEST_SUITE_END();

 public:
  void registers_logs_in_refreshes_and_opens_the_dashboard() {
    const auto account = register_and_login();
    const auto refreshed = post_json("/api/token/refresh/", R"({"refresh":")" + account.refresh + R"("})");
    CPPUNIT_ASSERT_EQUAL(200, refreshed.status);
    for (const auto& access : {account.access, member(refreshed.body, "access")}) {
      const auto dashboard = get("/api/dashboard/", bearer(access));
      CPPUNIT_ASSERT_EQUAL(200, dashboard.status);
      CPPUNIT_ASSERT_EQUAL(
          R"({"message":"Welcome to your dashboard","username":")" + account.username + R"("})",
          dashboard.body);
    }
  }

  void takes_form_and_multipart_bodies() {
    const auto account = register_and_login();
    const auto form = request("POST", "/api/login/", {{"Content-Type", "application/x-www-form-urlencoded"}},
                              "username=" + account.username + "&password=" + account.password);
    CPPUNIT_ASSERT_EQUAL(200, form.status);
    const auto part = [](const std::string& name, const std::string& value) {
      return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    };
    const auto multipart =
        request("POST", "/api/login/", {{"Content-Type", "multipart/form-data; boundary=b"}},
                part("username", account.username) + part("password", account.password) + "--b--\r\n");
    CPPUNIT_ASSERT_EQUAL(200, multipart.status);
  }

  void api_token_is_the_same_as_login() {
    const auto account = register_and_login();
    const auto pair = post_json("/api/token/", R"({"username":")" + account.username + R"(","password":")" +
                                                   account.password + R"("})");
    CPPUNIT_ASSERT_EQUAL(200, pair.status);
    CPPUNIT_ASSERT_EQUAL(200, get("/api/dashboard/", bearer(member(pair.body, "access"))).status);
  }

  void verify_accepts_both_tokens() {
    const auto account = register_and_login();
    for (const auto& token : {account.access, account.refresh}) {
      const auto verdict = post_json("/api/token/verify/", R"({"token":")" + token + R"("})");
      CPPUNIT_ASSERT_EQUAL(200, verdict.status);
      CPPUNIT_ASSERT_EQUAL(std::string("{}"), verdict.body);
    }
    CPPUNIT_ASSERT_EQUAL(401, post_json("/api/token/verify/", R"({"token":"x.y.z"})").status);
  }

  void tells_every_complaint_at_once() {
    const auto answer = post_json("/api/register/", R"({"username":"a b","email":"nobody"})");
    CPPUNIT_ASSERT_EQUAL(400, answer.status);
    for (const auto* text :
         {"Enter a valid username.", "Enter a valid email address.", "This field is required."}) {
      CPPUNIT_ASSERT_MESSAGE(text, answer.body.find(text) != std::string::npos);
    }
  }

  void refuses_a_second_account_with_the_name_in_any_form() {
    const auto account = register_and_login();
    std::string full_width = account.username;
    full_width.replace(0, 1, "\xef\xbd\x89");  // U+FF49, a full-width i: NFKC makes it an i
    for (const auto& name : {account.username, full_width}) {
      const auto twin =
          post_json("/api/register/", R"({"username":")" + name + R"(","email":")" + fresh_username() +
                                          R"(@example.com","password":"Zebra-quilt-77"})");
      CPPUNIT_ASSERT_EQUAL(400, twin.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"username":["A user with that username already exists."]})"),
                           twin.body);
    }
  }

  void refuses_a_second_account_with_the_email() {
    const auto account = register_and_login();
    const auto twin =
        post_json("/api/register/", R"({"username":")" + fresh_username() + R"(","email":")" +
                                        account.username + R"(@EXAMPLE.com","password":"Zebra-quilt-77"})");
    CPPUNIT_ASSERT_EQUAL(400, twin.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"email":["A user with that email already exists."]})"), twin.body);
  }

  void racing_registrations_of_one_name_make_one_account() {
    const auto name = fresh_username();
    std::vector<int> statuses(8);
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      clients.emplace_back([&, i] {
        statuses[i] = post_json("/api/register/", R"({"username":")" + name + R"(","email":")" + name + "-" +
                                                      std::to_string(i) +
                                                      R"(@example.com","password":"Zebra-quilt-77"})")
                          .status;
      });
    }
    for (auto& client : clients) client.join();
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1}, std::count(statuses.begin(), statuses.end(), 201));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{7}, std::count(statuses.begin(), statuses.end(), 400));
  }

  void wrong_unknown_and_inactive_answer_the_same_bytes() {
    const auto account = register_and_login();
    const auto inactive = register_and_login();
    execute("UPDATE auth_user SET is_active=0 WHERE id=" + std::to_string(inactive.id));
    const auto login = [](const std::string& username, const std::string& password) {
      return post_json("/api/login/",
                       R"({"username":")" + username + R"(","password":")" + password + R"("})");
    };
    const auto wrong = login(account.username, "Zebra-quilt-78");
    CPPUNIT_ASSERT_EQUAL(401, wrong.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"No active account found with the given credentials"})"),
                         wrong.body);
    CPPUNIT_ASSERT_EQUAL(std::string(R"(Bearer realm="api")"), wrong.header("www-authenticate"));
    for (const auto& other :
         {login(fresh_username(), "Zebra-quilt-77"), login(inactive.username, inactive.password)}) {
      CPPUNIT_ASSERT_EQUAL(wrong.status, other.status);
      CPPUNIT_ASSERT_EQUAL(wrong.body, other.body);
      CPPUNIT_ASSERT_EQUAL(wrong.headers.size(), other.headers.size());
    }
  }

  void new_passwords_are_stored_as_argon2id() {
    const auto account = register_and_login();
    auto lease = database().acquire();
    auto rows = lease.prepare("SELECT password, is_staff, is_superuser, is_active FROM auth_user WHERE id=?")
                    .bind(account.id)
                    .query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::string("argon2$argon2id$v=19$m=19456,t=2,p=1$"), rows.text(1).substr(0, 37));
    CPPUNIT_ASSERT(!rows.boolean(2));
    CPPUNIT_ASSERT(!rows.boolean(3));
    CPPUNIT_ASSERT(rows.boolean(4));
  }

  void login_leaves_last_login_alone() {
    const auto account = register_and_login();
    auto lease = database().acquire();
    auto rows = lease.prepare("SELECT last_login FROM auth_user WHERE id=?").bind(account.id).query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT(rows.is_null(1));
  }

  void answers_with_tokens_are_not_to_be_stored() {
    const auto account = register_and_login();
    const auto refreshed = post_json("/api/token/refresh/", R"({"refresh":")" + account.refresh + R"("})");
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), refreshed.header("cache-control"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccountFlowTest);

}  // namespace integration
