// Keys that rotate under the workers of the stack that has keys.directory.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "integration/steps.h"
#include "json/parse.h"
#include "util/encoding.h"

namespace {

using namespace integration;

std::string kid_of(const std::string& token) {
  return text_of(json::parse(util::from_base64url(token.substr(0, token.find('.'))).value()).value(), "kid");
}

std::string published() {
  return get("/.well-known/jwks.json").body;
}

class KeyRotationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeyRotationTest);
  CPPUNIT_TEST(a_rotation_goes_unnoticed);
  CPPUNIT_TEST(a_retired_key_is_refused_by_every_worker_within_a_second);
  CPPUNIT_TEST(a_broken_directory_keeps_the_keys_and_is_logged);
  CPPUNIT_TEST(the_key_set_can_be_kept);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_rotation_goes_unnoticed() {
    const RingStack stack;
    const Account before = register_and_login();
    const std::string old_kid = kid_of(before.access);
    stack.keys("rotate");
    CPPUNIT_ASSERT(eventually([&] { return kid_of(login_again(before).access) != old_kid; }));
    const Account after = login_again(before);
    CPPUNIT_ASSERT_EQUAL(0, stack.others_than(200, before.access));
    CPPUNIT_ASSERT_EQUAL(0, stack.others_than(200, after.access));
    const auto refreshed = refresh(before.refresh);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(refreshed.body, 200, refreshed.status);
    CPPUNIT_ASSERT_EQUAL(kid_of(after.access), kid_of(member(refreshed.body, "access")));
    CPPUNIT_ASSERT(published().find(old_kid) != std::string::npos);
    CPPUNIT_ASSERT(published().find(kid_of(after.access)) != std::string::npos);
  }

  void a_retired_key_is_refused_by_every_worker_within_a_second() {
    const RingStack stack;
    const Account before = register_and_login();
    const std::string old_kid = kid_of(before.access);
    stack.keys("rotate --now");
    CPPUNIT_ASSERT(eventually([&] { return kid_of(login_again(before).access) != old_kid; }));
    CPPUNIT_ASSERT_EQUAL(0, stack.others_than(200, before.access));
    stack.keys("retire -- " + old_kid);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(0, stack.others_than(401, before.access));
    CPPUNIT_ASSERT_EQUAL(401, refresh(before.refresh).status);
    CPPUNIT_ASSERT_EQUAL(0, stack.others_than(200, login_again(before).access));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, published().find(old_kid));
  }

  void a_broken_directory_keeps_the_keys_and_is_logged() {
    const RingStack stack;
    const Account account = register_and_login();
    const std::string path = stack.state_dir() + "/ring/keys.json";
    CPPUNIT_ASSERT_EQUAL(0, std::rename(path.c_str(), (path + ".aside").c_str()));
    std::ofstream(path) << "{";
    ::chmod(path.c_str(), 0600);
    const bool logged = eventually([&] {
      std::ifstream log(stack.state_dir() + "/log/workers.log");
      const std::string text{std::istreambuf_iterator<char>(log), {}};
      return text.find("the keys stay as they were: ") != std::string::npos;
    });
    const int others = stack.others_than(200, account.access);
    const int status = login_again(account).access.empty() ? 0 : get("/readyz").status;
    CPPUNIT_ASSERT_EQUAL(0, std::rename((path + ".aside").c_str(), path.c_str()));
    CPPUNIT_ASSERT(logged);
    CPPUNIT_ASSERT_EQUAL(0, others);
    CPPUNIT_ASSERT_EQUAL(200, status);
  }

  void the_key_set_can_be_kept() {
    const RingStack stack;
    const auto first = get("/.well-known/jwks.json", {{"Accept", "text/plain"}});
    CPPUNIT_ASSERT_EQUAL(200, first.status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/jwk-set+json"), first.header("content-type"));
    CPPUNIT_ASSERT_EQUAL(std::string("public, max-age=0"), first.header("cache-control"));
    const auto again = get("/.well-known/jwks.json", {{"If-None-Match", first.header("etag")}});
    CPPUNIT_ASSERT_EQUAL(304, again.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), again.body);
    CPPUNIT_ASSERT_EQUAL(404, get("/.well-known/openid-configuration").status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeyRotationTest);

}  // namespace
