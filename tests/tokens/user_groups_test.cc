// The groups of the users in the directory.
#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "fakes.h"
#include "tokens/user_directory.h"

namespace {

class UserGroupsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UserGroupsTest);
  CPPUNIT_TEST(nobody_asks_for_groups_before_they_are_wanted);
  CPPUNIT_TEST(groups_come_with_the_user_and_follow_within_a_poll);
  CPPUNIT_TEST(unchanged_groups_are_not_copied_by_the_poll);
  CPPUNIT_TEST(a_read_without_groups_does_not_outlive_the_wish_for_them);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::FakeUsers users_;

 public:
  void nobody_asks_for_groups_before_they_are_wanted() {
    tokens::UserDirectory users(users_, {});
    users_.put(7, "ann");
    users_.set_memberships({{7, "editors"}});
    users.fetch(7);
    users.poll_once();
    CPPUNIT_ASSERT(users.cached(7)->groups.empty());
    CPPUNIT_ASSERT_EQUAL(0, users_.group_queries.load());
    users.want_groups();
    CPPUNIT_ASSERT_MESSAGE("known without groups is not known", !users.recall(7));
    users.fetch(7);
    users.want_groups();
    CPPUNIT_ASSERT_MESSAGE("the second wish forgets nobody", users.recall(7).has_value());
    CPPUNIT_ASSERT(users.cached(7)->groups == std::vector<std::string>{"editors"});
  }

  void groups_come_with_the_user_and_follow_within_a_poll() {
    tokens::UserDirectory users(users_, {});
    users.want_groups();
    for (const int id : {6, 7, 8}) users_.put(id, "user" + std::to_string(id));
    users_.set_memberships({{6, "a"}, {7, "a"}, {7, "b"}, {9, "c"}});
    const auto groups = [&](std::int64_t id) {
      std::string all;
      for (const auto& name : users.cached(id)->groups) all += name + " ";
      return all;
    };
    for (const int id : {6, 7, 8}) users.fetch(id);
    CPPUNIT_ASSERT_EQUAL(std::string("a |a b |"), groups(6) + "|" + groups(7) + "|" + groups(8));
    users_.set_memberships({{6, "a"}, {7, "b"}, {8, "z"}});
    users.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("a |b |z "), groups(6) + "|" + groups(7) + "|" + groups(8));
  }

  void unchanged_groups_are_not_copied_by_the_poll() {
    tokens::UserDirectory users(users_, {});
    users.want_groups();
    users_.put(7, "ann");
    users_.set_memberships({{7, "a"}, {7, "b"}});
    const auto before = users.fetch(7);
    users.poll_once();
    CPPUNIT_ASSERT(before == users.cached(7));
  }

  void a_read_without_groups_does_not_outlive_the_wish_for_them() {
    tokens::UserDirectory users(users_, {});
    users_.put(7, "ann");
    users_.set_memberships({{7, "editors"}});
    users_.after_read = [&] {
      users_.after_read = [] {};
      users.want_groups();
    };
    users.fetch(7);
    CPPUNIT_ASSERT(users.fetch(7)->groups == std::vector<std::string>{"editors"});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserGroupsTest);

}  // namespace
