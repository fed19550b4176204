// Refreshes that are handled together: each gets the answer that it would get by itself.
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "json/parse.h"

namespace api_test {

class JointRefreshTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JointRefreshTest);
  CPPUNIT_TEST(only_rotating_sessions_have_a_lane_of_their_own);
  CPPUNIT_TEST(several_sessions_share_one_statement);
  CPPUNIT_TEST(each_gets_its_own_refusal);
  CPPUNIT_TEST(one_token_twice_gives_one_successor);
  CPPUNIT_TEST(another_token_of_a_session_comes_after_the_first);
  CPPUNIT_TEST(a_late_one_ends_its_own_session_only);
  CPPUNIT_TEST(an_outage_is_503_to_all_and_costs_no_session);
  CPPUNIT_TEST(a_session_that_somebody_holds_costs_the_others_nothing);
  CPPUNIT_TEST(an_exception_in_one_does_not_touch_the_others);
  CPPUNIT_TEST_SUITE_END();

  House house_{{.sessions = true}};

  std::string login(const std::string& name) {
    return house_.session_tokens.grant(house_.add_user(name, "rope-lantern-42"), {}).value().refresh;
  }
  std::vector<http::Response> refresh(const std::vector<std::string>& tokens) {
    std::vector<std::string> bodies;
    for (const auto& token : tokens) bodies.push_back(R"({"refresh":")" + token + R"("})");
    return send(bodies);
  }
  std::vector<http::Response> send(const std::vector<std::string>& bodies) {
    std::vector<http::Request> requests;
    for (const auto& body : bodies) requests.push_back(House::request("POST", "/api/token/refresh/", body));
    std::vector<const http::Request*> together;
    for (const auto& request : requests) together.push_back(&request);
    return house_.send_together(together);
  }
  static std::string successor(const http::Response& response) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(response.body, 200, response.status);
    return std::string(json::parse(response.body).value().get("refresh").value().as_string());
  }
  std::size_t live_sessions() const {
    return static_cast<std::size_t>(std::count_if(house_.session_rows.rows.begin(),
                                                  house_.session_rows.rows.end(),
                                                  [](const auto& row) { return !row.revoked_at; }));
  }

 public:
  void only_rotating_sessions_have_a_lane_of_their_own() {
    const auto request = House::request("POST", "/api/token/refresh/");
    CPPUNIT_ASSERT(house_.app.lane(request) == api::Lane::refresh);
    CPPUNIT_ASSERT(House().app.lane(request) == api::Lane::token);
  }

  void several_sessions_share_one_statement() {
    const std::vector<std::string> tokens{login("ada"), login("bob"), login("eve")};
    const auto answers = refresh(tokens);
    CPPUNIT_ASSERT((house_.session_rows.together == std::vector<std::size_t>{3}));
    std::vector<std::string> next;
    for (const auto& answer : answers) next.push_back(successor(answer));
    for (const auto& answer : refresh(next)) successor(answer);
  }

  void each_gets_its_own_refusal() {
    const std::string good = login("ada");
    const auto answers = send(
        {"{", R"({"refresh":"no token"})", "{}", R"({"refresh":")" + good + R"("})", R"({"refresh":""})"});
    const std::vector<int> expected{400, 401, 400, 200, 400};
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(answers[i].body, expected[i], answers[i].status);
    }
    CPPUNIT_ASSERT((house_.session_rows.together == std::vector<std::size_t>{1}));
  }

  void one_token_twice_gives_one_successor() {
    const std::string token = login("ada");
    const auto answers = refresh({token, token, token});
    for (const auto& answer : answers) CPPUNIT_ASSERT_EQUAL(answers[0].body, answer.body);
    successor(answers[0]);
    CPPUNIT_ASSERT((house_.session_rows.together == std::vector<std::size_t>{1}));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, house_.session_rows.rows.at(0).generation);
  }

  void another_token_of_a_session_comes_after_the_first() {
    const std::string first = login("ada");
    const std::string second = successor(refresh({first})[0]);
    house_.session_rows.together.clear();
    const auto answers = refresh({first, second, login("bob")});
    CPPUNIT_ASSERT_EQUAL(second, successor(answers[0]));  // once more
    CPPUNIT_ASSERT(successor(answers[1]) != second);
    successor(answers[2]);
    CPPUNIT_ASSERT((house_.session_rows.together == std::vector<std::size_t>{2, 1}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, live_sessions());
  }

  void a_late_one_ends_its_own_session_only() {
    const std::string stolen = login("ada");
    refresh({successor(refresh({stolen})[0])});
    const auto answers = refresh({login("bob"), stolen, login("eve")});
    successor(answers[0]);
    CPPUNIT_ASSERT_EQUAL(401, answers[1].status);
    successor(answers[2]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, live_sessions());
  }

  void an_outage_is_503_to_all_and_costs_no_session() {
    const std::vector<std::string> tokens{login("ada"), login("bob")};
    house_.session_rows.away = true;
    for (const auto& answer : refresh({tokens[0], tokens[1], tokens[0]})) {
      CPPUNIT_ASSERT_EQUAL(503, answer.status);
    }
    house_.session_rows.away = false;
    for (const auto& answer : refresh(tokens)) successor(answer);
  }

  void a_session_that_somebody_holds_costs_the_others_nothing() {
    const std::vector<std::string> tokens{login("ada"), login("bob"), login("eve")};
    house_.session_rows.held = house_.session_rows.rows.at(1).id;
    const auto answers = refresh({tokens[0], tokens[1], tokens[1], tokens[2]});
    successor(answers[0]);
    CPPUNIT_ASSERT_EQUAL(503, answers[1].status);
    CPPUNIT_ASSERT_EQUAL(503, answers[2].status);
    successor(answers[3]);
    house_.session_rows.held.reset();
    successor(refresh({tokens[1]})[0]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, live_sessions());
  }

  void an_exception_in_one_does_not_touch_the_others() {
    const std::vector<std::string> tokens{login("ada"), login("bob"), login("eve")};
    refresh({tokens[0]});  // its user is known from here on
    house_.users.away = true;
    const auto answers = refresh({tokens[1], tokens[0], tokens[2]});
    CPPUNIT_ASSERT_EQUAL(503, answers[0].status);
    successor(answers[1]);
    CPPUNIT_ASSERT_EQUAL(503, answers[2].status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JointRefreshTest);

}  // namespace api_test
