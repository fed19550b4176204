#include "api/gateway_rule.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using api::Verdict;

constexpr std::int64_t kNow = 1'700'000'000;

tokens::Principal login(tokens::KnownUser user) {
  tokens::Principal principal;
  principal.user = std::make_shared<const tokens::KnownUser>(std::move(user));
  principal.authenticated = kNow - 100;
  return principal;
}

tokens::Principal with_grant(tokens::Principal principal, tokens::Grant grant) {
  principal.grant = std::make_shared<const tokens::Grant>(std::move(grant));
  return principal;
}

std::string verdict(const std::string& words, const tokens::Principal& principal) {
  switch (api::judge("/jwtauthd-gateway" + words, principal, kNow).verdict) {
    case Verdict::met:
      return "met";
    case Verdict::unmet:
      return "unmet";
    case Verdict::unreadable:
      return "unreadable";
  }
  return "?";
}

struct Row {
  const char* words;
  const char* verdict;
};

void check(std::initializer_list<Row> rows, const tokens::Principal& principal) {
  for (const auto& row : rows) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(row.words, std::string(row.verdict), verdict(row.words, principal));
  }
}

}  // namespace

class GatewayRuleTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatewayRuleTest);
  CPPUNIT_TEST(marks_of_a_user);
  CPPUNIT_TEST(groups_by_their_encoded_names);
  CPPUNIT_TEST(scopes_bind_limited_credentials_only);
  CPPUNIT_TEST(age_of_the_login);
  CPPUNIT_TEST(what_cannot_be_read_counts_before_all_else);
  CPPUNIT_TEST(subjects_of_other_issuers_have_groups_and_no_marks);
  CPPUNIT_TEST(the_audience_is_no_condition);
  CPPUNIT_TEST_SUITE_END();

 public:
  void marks_of_a_user() {
    check({{"", "met"}, {" ", "met"}, {" staff", "unmet"}, {" superuser", "unmet"}}, login({}));
    check({{" staff", "met"}, {" superuser", "unmet"}, {" staff superuser", "unmet"}},
          login({.is_staff = true}));
    check({{" staff superuser", "met"}, {"  staff   superuser ", "met"}, {" group=a", "unmet"}},
          login({.is_staff = true, .is_superuser = true}));
  }

  void groups_by_their_encoded_names() {
    check({{" group=editors", "met"},
           {" group=edit", "unmet"},
           {" group=Editors", "unmet"},
           {" group=writers,editors", "met"},
           {" group=writers,readers", "unmet"},
           {" group=editors group=writers", "unmet"},
           {" group=editors group=a%2Cb", "met"},
           {" group=a,b", "unmet"},
           {" group=Stra%C3%9Fe%20%26%20Co", "met"},
           {" group=", "unreadable"},
           {" group=editors,", "unreadable"},
           {" group=,editors", "unreadable"},
           {" group", "unreadable"}},
          login({.groups = {"a,b", "editors", "Straße & Co"}}));
  }

  void scopes_bind_limited_credentials_only() {
    check({{" scope=read", "met"}, {" scope=", "unreadable"}, {" scope=a%20b", "unreadable"}}, login({}));
    check({{" scope=read", "met"},
           {" scope=rea", "unmet"},
           {" scope=write:all scope=read", "met"},
           {" scope=admin", "unmet"},
           {"", "met"}},
          with_grant(login({}), {"read write:all", {}}));
    check({{" scope=read", "unmet"}, {"", "met"}}, with_grant(login({}), {}));
  }

  void age_of_the_login() {
    check({{" max_age=100", "met"},
           {" max_age=99", "unmet"},
           {" max_age=0", "unmet"},
           {" max_age=", "unreadable"},
           {" max_age=5m", "unreadable"},
           {" max_age=-1", "unreadable"},
           {" max_age=99999999999999999999", "unreadable"}},
          login({}));
  }

  void what_cannot_be_read_counts_before_all_else() {
    const auto anybody = login({.is_staff = true, .is_superuser = true, .groups = {"a"}});
    check({{" staf", "unreadable"},
           {" Staff", "unreadable"},
           {" staff=yes", "unreadable"},
           {" group=b staf", "unreadable"},
           {" staf group=b", "unreadable"},
           {" group =a", "unreadable"},
           {" =a", "unreadable"},
           {",staff", "unreadable"},
           {"/staff", "unreadable"},
           {"\tstaff", "unreadable"}},
          anybody);
    CPPUNIT_ASSERT(Verdict::unreadable == api::judge("", anybody, kNow).verdict);
    CPPUNIT_ASSERT(Verdict::unreadable == api::judge("staff", anybody, kNow).verdict);
  }

  void subjects_of_other_issuers_have_groups_and_no_marks() {
    tokens::Principal stranger;
    stranger.authenticated = kNow;
    stranger = with_grant(
        stranger, {"read", tokens::ForeignSubject{"https://other.example", "1", "root", "", {"editors"}}});
    check({{"", "met"},
           {" user", "unmet"},
           {" login", "unmet"},
           {" staff", "unmet"},
           {" superuser", "unmet"},
           {" group=editors", "met"},
           {" user group=editors", "unmet"},
           {" group=a", "unmet"},
           {" scope=read", "met"},
           {" scope=write", "unmet"},
           {" max_age=0", "met"}},
          stranger);
  }

  void the_audience_is_no_condition() {
    const auto judged = api::judge("/jwtauthd-gateway token=https%3A%2F%2Fx.example staff", login({}), kNow);
    CPPUNIT_ASSERT_EQUAL(std::string("https://x.example"), judged.audience);
    CPPUNIT_ASSERT(Verdict::unmet == judged.verdict);
    CPPUNIT_ASSERT_EQUAL(std::string(), api::judge("/jwtauthd-gateway", login({}), kNow).audience);
    check({{" token=", "unreadable"}, {" token", "unreadable"}, {" token=a token=b", "unreadable"}},
          login({}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayRuleTest);
