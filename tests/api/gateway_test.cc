// The gateway's endpoint: who passes, and who is told why not.
#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "http/cookie.h"
#include "json/parse.h"

namespace api_test {
namespace {

constexpr std::string_view kAnybody = "/jwtauthd-gateway";

/// Vouches for `k_limited` of user 1, and for `k_foreign` of nobody here.
class FakeSource final : public tokens::CredentialSource {
 public:
  bool takes(std::string_view credential) const noexcept override { return credential.starts_with("k_"); }
  std::variant<tokens::Vouched, tokens::TokenDefect, tokens::NeedsDatabase> vouch(std::string_view credential,
                                                                                  bool) override {
    tokens::Grant grant{"read", std::nullopt};
    if (credential == "k_foreign")
      grant.subject = tokens::ForeignSubject{"https://other.example", "s1", "ada", "", {"editors"}};
    return tokens::Vouched{1, 2'000'000'000, {}, {{1}, true}, std::make_shared<tokens::Grant>(grant)};
  }
};

http::Request asking(const std::string& authorization, std::string_view rule = kAnybody,
                     std::string_view method = "GET") {
  auto request = House::request("GET", "/gateway/");
  request.authorization = authorization;
  request.gateway_rule = rule;
  request.gateway_method = method;
  return request;
}

int status(House& house, const std::string& authorization, std::string_view rule) {
  return house.send(asking(authorization, rule)).status;
}

}  // namespace

class GatewayTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatewayTest);
  CPPUNIT_TEST(a_token_of_a_user_passes_and_tells_whose_it_is);
  CPPUNIT_TEST(a_known_user_passes_without_sql);
  CPPUNIT_TEST(without_a_credential_or_with_a_bad_one_nobody_passes);
  CPPUNIT_TEST(rules_are_asked_and_mistakes_in_them_let_nobody_pass);
  CPPUNIT_TEST(credentials_of_other_sources_pass_here_and_nowhere_else);
  CPPUNIT_TEST(a_cookie_changes_nothing_without_the_csrf_token);
  CPPUNIT_TEST(is_not_there_for_those_who_do_not_come_from_nginx);
  CPPUNIT_TEST(a_secret_signs_no_token_for_others);
  CPPUNIT_TEST_SUITE_END();

  FakeSource source_;
  House house_{{}, {&source_}};

  std::string log_in() {
    auto& user = house_.add_user("ada", "Zebra-quilt-77");
    house_.users.memberships = {{user.id, "editors"}};
    return "Bearer " + house_.issuer.issue_pair(user).access;
  }

 public:
  void a_token_of_a_user_passes_and_tells_whose_it_is() {
    const auto response = house_.send(asking(log_in()));
    CPPUNIT_ASSERT_EQUAL(204, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), response.body);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, response.user_id);
    const auto session = response.header_lines.find("X-Auth-Session: ");
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-User-Id: 1\r\n"), response.header_lines.substr(0, session));
    CPPUNIT_ASSERT_EQUAL(
        std::string("\r\nX-Auth-User: ada\r\nX-Auth-Email: ada@example.com\r\nX-Auth-Groups: editors\r\n"),
        response.header_lines.substr(session + 16 + 32));
  }

  void a_known_user_passes_without_sql() {
    const auto token = log_in();
    CPPUNIT_ASSERT(!house_.app.handle(asking(token), api::Lane::token));
    CPPUNIT_ASSERT_EQUAL(204, house_.send(asking(token)).status);
    const int queries = house_.users.queries;
    CPPUNIT_ASSERT_EQUAL(204, house_.app.handle(asking(token), api::Lane::token).value().status);
    CPPUNIT_ASSERT_EQUAL(queries, house_.users.queries);
  }

  void without_a_credential_or_with_a_bad_one_nobody_passes() {
    for (const char* header : {"", "Bearer", "Bearer x.y.z", "Basic YTpi"}) {
      const auto refused = house_.send(asking(header));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(header, 401, refused.status);
      CPPUNIT_ASSERT_EQUAL(std::string(), refused.header_lines);
    }
    const auto token = log_in();
    house_.users.rows.front().is_active = false;
    CPPUNIT_ASSERT_EQUAL(401, status(house_, token, kAnybody));
  }

  void rules_are_asked_and_mistakes_in_them_let_nobody_pass() {
    const auto token = log_in();
    CPPUNIT_ASSERT_EQUAL(204, status(house_, token, "/jwtauthd-gateway group=editors"));
    CPPUNIT_ASSERT_EQUAL(403, status(house_, token, "/jwtauthd-gateway staff"));
    for (const char* rule : {"", "/jwtauthd-gateway staf", "/jwtauthd-gateway,staff"}) {
      const auto refused = house_.send(asking(token, rule));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(rule, 500, refused.status);
      CPPUNIT_ASSERT_EQUAL(std::string(), refused.header_lines);
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a stranger learns nothing of it", 401,
                                 status(house_, "", "/jwtauthd-gateway staf"));
  }

  void credentials_of_other_sources_pass_here_and_nowhere_else() {
    log_in();
    CPPUNIT_ASSERT_EQUAL(204, status(house_, "Bearer k_limited", "/jwtauthd-gateway scope=read"));
    CPPUNIT_ASSERT_EQUAL(403, status(house_, "Bearer k_limited", "/jwtauthd-gateway scope=write"));
    const auto foreign = house_.send(asking("Bearer k_foreign"));
    CPPUNIT_ASSERT_EQUAL(204, foreign.status);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, foreign.user_id);
    CPPUNIT_ASSERT(foreign.header_lines.find("X-Auth-User") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(403, status(house_, "Bearer k_foreign", "/jwtauthd-gateway staff"));
    for (const char* token : {"Bearer k_limited", "Bearer k_foreign"}) {
      auto elsewhere = House::request("GET", "/api/dashboard/");
      elsewhere.authorization = token;
      CPPUNIT_ASSERT_EQUAL(401, house_.send(elsewhere).status);
    }
  }

  void a_cookie_changes_nothing_without_the_csrf_token() {
    api::ApiOptions options;
    options.sessions = options.cookies = options.access_cookie = true;
    House house(options);
    house.add_user("ada", "Zebra-quilt-77");
    const auto login = house.send("POST", "/api/login/", R"({"username":"ada","password":"Zebra-quilt-77"})");
    std::string cookies;
    for (const auto& [name, value] : login.headers) cookies += value.substr(0, value.find(';')) + "; ";
    const std::string csrf(http::cookie(cookies, "__Host-jwtauthd_csrf").value());

    struct Row {
      const char* method;
      std::string_view token;
      int status;
    };
    for (const Row& row :
         {Row{"GET", "", 204}, Row{"HEAD", "", 204}, Row{"POST", "", 403}, Row{"POST", "0000", 403},
          Row{"POST", csrf, 204}, Row{"DELETE", "", 403}, Row{"PROPFIND", "", 403}, Row{"get", "", 403}}) {
      auto request = asking("", kAnybody, row.method);
      request.cookie = cookies;
      request.csrf_token = row.token;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.method, row.status, house.send(request).status);
      request.authorization = "Basic YTpi";
      CPPUNIT_ASSERT_EQUAL_MESSAGE("another scheme is for a proxy", row.status, house.send(request).status);
    }
    const std::string header = "Bearer " + std::string(json::parse(login.body)->get("access")->as_string());
    CPPUNIT_ASSERT_EQUAL(204, house.send(asking(header, kAnybody, "POST")).status);
  }

  void is_not_there_for_those_who_do_not_come_from_nginx() {
    CPPUNIT_ASSERT_EQUAL(404, house_.send(asking(log_in(), kAnybody, "")).status);
  }

  void a_secret_signs_no_token_for_others() {
    const auto refused = house_.send(asking(log_in(), "/jwtauthd-gateway token=reports"));
    CPPUNIT_ASSERT_EQUAL(500, refused.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), refused.header_lines);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayTest);

}  // namespace api_test
