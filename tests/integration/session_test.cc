// Logins as rows: what a client sees of rotation, of its own sessions, and of their end.
#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"
#include "json/parse.h"

namespace integration {
namespace {

const std::string kBlacklisted = R"({"detail":"Token is blacklisted","code":"token_not_valid"})";

/// A token without its signature, which ECDSA draws anew each time.
std::string unsigned_part(const std::string& token) {
  return token.substr(0, token.rfind('.'));
}

json::Value sessions_of(const std::string& access) {
  const auto answer = get("/api/sessions/", bearer(access));
  CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
  CPPUNIT_ASSERT_EQUAL(std::string("no-store"), answer.header("cache-control"));
  return json::parse(answer.body).value();
}

std::string row_of(const std::string& sid, const std::string& columns) {
  const auto found = rows(database(), columns + ") FROM jwtauthd_session WHERE id = UNHEX('" + sid + "')");
  return found.empty() ? "(no row)" : found.front();
}

int end_session(const std::string& access, const std::string& id) {
  return request("DELETE", "/api/sessions/" + id + "/", bearer(access)).status;
}

}  // namespace

class SessionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SessionTest);
  CPPUNIT_TEST(a_refresh_gives_a_successor_and_adds_no_row);
  CPPUNIT_TEST(the_predecessor_gives_the_same_successor_within_the_grace);
  CPPUNIT_TEST(racing_refreshes_of_one_token_have_one_successor);
  CPPUNIT_TEST(both_tokens_name_their_session);
  CPPUNIT_TEST(lists_what_the_user_has_open);
  CPPUNIT_TEST(ends_one_session_of_the_user);
  CPPUNIT_TEST(another_users_session_is_not_found);
  CPPUNIT_TEST(logs_out_with_either_token);
  CPPUNIT_TEST(logs_out_everywhere);
  CPPUNIT_TEST(a_new_password_ends_the_other_sessions);
  CPPUNIT_TEST(a_new_password_takes_the_old_one);
  CPPUNIT_TEST(simplejwts_blacklist_is_a_logout);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_refresh_gives_a_successor_and_adds_no_row() {
    Account account = register_and_login();
    const auto sid = sid_of(account.refresh);
    for (int i = 1; i <= 3; ++i) {
      const auto answer = refresh(account.refresh);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE("access first, as simplejwt has it", std::size_t{0},
                                   answer.body.find(R"({"access":")"));
      const auto successor = member(answer.body, "refresh");
      CPPUNIT_ASSERT(!successor.empty() && unsigned_part(successor) != unsigned_part(account.refresh));
      CPPUNIT_ASSERT_EQUAL(200, dashboard(member(answer.body, "access")).status);
      account.refresh = successor;
      CPPUNIT_ASSERT_EQUAL(sid, sid_of(successor));
      CPPUNIT_ASSERT_EQUAL(std::to_string(i), row_of(sid, "generation"));
    }
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1},
                         number(database(), "SELECT COUNT(*) FROM jwtauthd_session WHERE user_id = " +
                                                std::to_string(account.id)));
  }

  void the_predecessor_gives_the_same_successor_within_the_grace() {
    const auto account = register_and_login();
    const auto first = refresh(account.refresh);
    const auto again = refresh(account.refresh);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(again.body, 200, again.status);
    for (const char* name : {"access", "refresh"}) {
      CPPUNIT_ASSERT_EQUAL(unsigned_part(member(first.body, name)), unsigned_part(member(again.body, name)));
    }
    // The grandfather is no predecessor: whoever still has it was not a tab that came late.
    CPPUNIT_ASSERT_EQUAL(200, refresh(member(first.body, "refresh")).status);
    const auto stolen = refresh(account.refresh);
    CPPUNIT_ASSERT_EQUAL(401, stolen.status);
    CPPUNIT_ASSERT_EQUAL(kBlacklisted, stolen.body);
  }

  void racing_refreshes_of_one_token_have_one_successor() {
    Account account = register_and_login();
    const auto sid = sid_of(account.refresh);
    constexpr int rounds = 10;
    for (int round = 0; round < rounds; ++round) {
      std::vector<Answer> answers(20);
      std::vector<std::thread> tabs;
      for (auto& answer : answers) tabs.emplace_back([&] { answer = refresh(account.refresh); });
      for (auto& tab : tabs) tab.join();
      std::set<std::string> refreshes;
      std::set<std::string> accesses;
      for (const auto& answer : answers) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
        refreshes.insert(unsigned_part(member(answer.body, "refresh")));
        accesses.insert(unsigned_part(member(answer.body, "access")));
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, refreshes.size());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, accesses.size());
      account.refresh = member(answers.back().body, "refresh");
    }
    CPPUNIT_ASSERT_EQUAL(std::to_string(rounds) + " ", row_of(sid, "generation, revoked_for"));
  }

  void both_tokens_name_their_session() {
    const auto account = register_and_login();
    const auto sid = sid_of(account.refresh);
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, sid.size());
    CPPUNIT_ASSERT_EQUAL(sid, sid_of(account.access));
    CPPUNIT_ASSERT(sid != sid_of(login_again(account).access));
  }

  void lists_what_the_user_has_open() {
    const auto first = register_and_login();
    const auto second = login_again(
        first, {{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0"}});
    CPPUNIT_ASSERT_EQUAL(200, refresh(second.refresh).status);
    const auto list = sessions_of(first.access);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, list.size());
    std::set<std::string> ids;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto session = list.at(i);
      ids.insert(text_of(session, "id"));
      CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"), text_of(session, "address"));
      CPPUNIT_ASSERT_EQUAL(text_of(session, "id") == sid_of(first.access),
                           session.get("current")->as_boolean());
      for (const char* time : {"created", "last_used", "expires"}) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(time, 'Z', text_of(session, time).back());
      }
    }
    CPPUNIT_ASSERT(ids == (std::set<std::string>{sid_of(first.access), sid_of(second.access)}));
    // A refresh tells where a session is now: this one was without a User-Agent.
    CPPUNIT_ASSERT_EQUAL(sid_of(second.access), text_of(list.at(0), "id"));
    CPPUNIT_ASSERT_EQUAL(std::string(), text_of(list.at(0), "user_agent"));
  }

  void ends_one_session_of_the_user() {
    const auto kept = register_and_login();
    const auto ended = login_again(kept, {{"User-Agent", "curl/7.88.1"}});
    CPPUNIT_ASSERT_EQUAL(std::string("curl"), text_of(sessions_of(kept.access).at(0), "device"));
    CPPUNIT_ASSERT_EQUAL(204, end_session(kept.access, sid_of(ended.access)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, sessions_of(kept.access).size());
    const auto refused = refresh(ended.refresh);
    CPPUNIT_ASSERT_EQUAL(401, refused.status);
    CPPUNIT_ASSERT_EQUAL(kBlacklisted, refused.body);
    CPPUNIT_ASSERT_EQUAL(401, verified(ended.refresh));
    CPPUNIT_ASSERT_EQUAL(200, verified(kept.refresh));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("once", 404, end_session(kept.access, sid_of(ended.access)));
    CPPUNIT_ASSERT_EQUAL(200, refresh(kept.refresh).status);
  }

  void another_users_session_is_not_found() {
    const auto mine = register_and_login();
    const auto theirs = register_and_login();
    const std::string absent[] = {sid_of(theirs.access),     std::string(32, '0'), std::string(32, 'f'), "x",
                                  sid_of(mine.access) + "0", "%27%20OR%201=1"};
    for (const auto& id : absent) {
      const auto answer = request("DELETE", "/api/sessions/" + id + "/", bearer(mine.access));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(id, 404, answer.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Not found."})"), answer.body);
    }
    CPPUNIT_ASSERT_EQUAL(200, refresh(theirs.refresh).status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(mine.refresh).status);
    CPPUNIT_ASSERT_EQUAL(401, request("DELETE", "/api/sessions/" + sid_of(mine.access) + "/").status);
  }

  void logs_out_with_either_token() {
    const auto by_access = register_and_login();
    const auto done = post_json("/api/logout/", "{}", bearer(by_access.access));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(done.body, 200, done.status);
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), done.body);
    CPPUNIT_ASSERT_EQUAL(401, refresh(by_access.refresh).status);

    const auto by_refresh = register_and_login();
    const auto body = R"({"refresh":")" + by_refresh.refresh + R"("})";
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/", body).status);
    CPPUNIT_ASSERT_EQUAL(401, refresh(by_refresh.refresh).status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("twice", 401, post_json("/api/logout/", body).status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("with nothing", 401, post_json("/api/logout/", "{}").status);
    CPPUNIT_ASSERT_EQUAL(std::string("logout"), row_of(sid_of(by_refresh.access), "revoked_for"));
  }

  void logs_out_everywhere() {
    const auto one = register_and_login();
    const auto other = login_again(one);
    const auto stranger = register_and_login();
    const auto done = post_json("/api/logout/all/", "{}", bearer(one.access));
    CPPUNIT_ASSERT_EQUAL(200, done.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"ended":2})"), done.body);
    CPPUNIT_ASSERT_EQUAL(401, refresh(one.refresh).status);
    CPPUNIT_ASSERT_EQUAL(401, refresh(other.refresh).status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(stranger.refresh).status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(login_again(one).refresh).status);
  }

  void a_new_password_ends_the_other_sessions() {
    const auto mine = register_and_login();
    const auto other = login_again(mine);
    const auto done =
        post_json("/api/password/change/",
                  R"({"old_password":")" + mine.password + R"(","new_password":"Ferry-lantern-19"})",
                  bearer(mine.access));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(done.body, 200, done.status);
    CPPUNIT_ASSERT_EQUAL(401, refresh(other.refresh).status);
    CPPUNIT_ASSERT_EQUAL(200, dashboard(mine.access).status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(mine.refresh).status);
    CPPUNIT_ASSERT_EQUAL(401, login(mine.username, mine.password).status);
    CPPUNIT_ASSERT_EQUAL(200, login(mine.username, "Ferry-lantern-19").status);
    CPPUNIT_ASSERT_EQUAL(std::string("password_changed"), row_of(sid_of(other.access), "revoked_for"));
  }

  void a_new_password_takes_the_old_one() {
    const auto account = register_and_login();
    const auto change = [&](const std::string& old_password, const std::string& new_password) {
      return post_json(
          "/api/password/change/",
          R"({"old_password":")" + old_password + R"(","new_password":")" + new_password + R"("})",
          bearer(account.access));
    };
    const auto wrong = change("Zebra-quilt-78", "Ferry-lantern-19");
    CPPUNIT_ASSERT_EQUAL(400, wrong.status);
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            R"({"old_password":["Your old password was entered incorrectly. Please enter it again."]})"),
        wrong.body);
    const auto weak = change(account.password, "12345");
    CPPUNIT_ASSERT_EQUAL(400, weak.status);
    CPPUNIT_ASSERT(weak.body.find("This password is entirely numeric.") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(401, post_json("/api/password/change/", "{}").status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(login_again(account).refresh).status);
  }

  void simplejwts_blacklist_is_a_logout() {
    const auto account = register_and_login();
    const auto body = R"({"refresh":")" + account.refresh + R"("})";
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/token/blacklist/", body).status);
    const auto refused = refresh(account.refresh);
    CPPUNIT_ASSERT_EQUAL(401, refused.status);
    CPPUNIT_ASSERT_EQUAL(kBlacklisted, refused.body);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionTest);

}  // namespace integration
