#include "api/router.h"

#include <cppunit/extensions/HelperMacros.h>

#include "api/routes.h"
#include "api/services.h"

namespace {

using api::Access;
using api::Kind;
using api::Lane;

constexpr bool yes(const api::ApiOptions&) {
  return true;
}
constexpr bool with_registration(const api::ApiOptions& options) {
  return options.registration;
}

constexpr api::Route row(const char* method, const char* path,
                         bool (*enabled)(const api::ApiOptions&) = yes) {
  return {method, path, Kind::view, Access::open, Lane::token, nullptr, enabled, 200, nullptr, "", "", ""};
}

constexpr api::Route kRows[] = {
    row("GET", "/things/"),
    row("DELETE", "/things/{id}/"),
    row("GET", "/things/all/"),
    row("GET", "/things/{id}/parts"),
    row("POST", "/both/"),
    row("GET", "/both/", with_registration),
    row("GET", "/closed/", with_registration),
};

class RouterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RouterTest);
  CPPUNIT_TEST(finds_one_segment_in_the_place_of_a_parameter);
  CPPUNIT_TEST(rows_that_are_not_enabled_are_not_there);
  CPPUNIT_TEST(the_parameter_is_a_part_of_the_path_that_was_asked_for);
  CPPUNIT_TEST_SUITE_END();

 public:
  void finds_one_segment_in_the_place_of_a_parameter() {
    const api::Router router(kRows, {});
    const struct {
      std::string path;
      const char* found;  // "": 404
      const char* parameter;
      bool slash_missing;
    } rows[] = {
        {"/things/", "/things/", "", false},
        {"/things", "/things/", "", true},
        {"/things/7/", "/things/{id}/", "7", false},
        {"/things/7", "/things/{id}/", "7", true},
        {"/things/aZ09-._~/", "/things/{id}/", "aZ09-._~", false},
        {"/things/all/", "/things/all/", "", false},
        {"/things/all", "/things/all/", "", true},
        {"/things/all2/", "/things/{id}/", "all2", false},
        {"/things/7/parts", "/things/{id}/parts", "7", false},
        {"/things/7/parts/", "", "", false},
        {"/things/7/part", "", "", false},
        {"/things//", "", "", false},
        {"/things/7//", "", "", false},
        {"/things/7/8/", "", "", false},
        {"/things/a b/", "", "", false},
        {"/things/a%2f/", "", "", false},
        {"/things/\xc3\xa9/", "", "", false},
        {std::string("/things/a\0/", 11), "", "", false},
        {"/things/{id}/", "", "", false},
        {"/other/7/", "", "", false},
        {"", "", "", false},
    };
    for (const auto& expected : rows) {
      const auto match = router.match(expected.path);
      const std::string found(match.resource == nullptr ? "" : match.resource->path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(expected.path, std::string(expected.found), found);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(expected.path, std::string(expected.parameter),
                                   std::string(match.parameter));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(expected.path, expected.slash_missing, match.slash_missing);
    }
  }

  void rows_that_are_not_enabled_are_not_there() {
    const api::Router open(kRows, {.registration = true});
    CPPUNIT_ASSERT_EQUAL(std::string("GET, POST, HEAD, OPTIONS"), open.match("/both/").resource->allow);
    CPPUNIT_ASSERT(open.match("/closed/").resource != nullptr);
    const api::Router closed(kRows, {.registration = false});
    CPPUNIT_ASSERT_EQUAL(std::string("POST, OPTIONS"), closed.match("/both/").resource->allow);
    CPPUNIT_ASSERT(closed.match("/closed/").resource == nullptr);
    CPPUNIT_ASSERT(closed.match("/closed").resource == nullptr);
    CPPUNIT_ASSERT_EQUAL(open.resources().size() - 1, closed.resources().size());
  }

  void the_parameter_is_a_part_of_the_path_that_was_asked_for() {
    const api::Router router(kRows, {});
    const std::string_view path = "/things/7/";
    CPPUNIT_ASSERT_EQUAL(static_cast<const void*>(path.data() + 8),
                         static_cast<const void*>(router.match(path).parameter.data()));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RouterTest);

}  // namespace
