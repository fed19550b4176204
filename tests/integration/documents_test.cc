// What the interface tells of itself, by way of nginx.
#include <cppunit/extensions/HelperMacros.h>

#include "integration/steps.h"
#include "json/parse.h"

namespace integration {

class DocumentsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DocumentsTest);
  CPPUNIT_TEST(nginx_hands_on_page_style_and_schema);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nginx_hands_on_page_style_and_schema() {
    const auto page = get("/api/docs/");
    CPPUNIT_ASSERT_EQUAL(200, page.status);
    CPPUNIT_ASSERT_EQUAL(std::string("text/html; charset=utf-8"), page.header("content-type"));
    CPPUNIT_ASSERT(
        page.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'; "));
    CPPUNIT_ASSERT(page.body.ends_with("</html>\n"));
    CPPUNIT_ASSERT_EQUAL(301, get("/api/docs").status);

    const auto style = get("/api/docs/docs.css");
    CPPUNIT_ASSERT_EQUAL(200, style.status);
    CPPUNIT_ASSERT_EQUAL(std::string("text/css; charset=utf-8"), style.header("content-type"));

    const auto schema = get("/api/schema/");
    CPPUNIT_ASSERT_EQUAL(200, schema.status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), schema.header("content-type"));
    const auto told = json::parse(schema.body);
    CPPUNIT_ASSERT(told.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("3.1.0"), text_of(*told, "openapi"));
    CPPUNIT_ASSERT_EQUAL(std::string("public, max-age=300"), schema.header("cache-control"));
    // Both workers have the same tag.
    for (int i = 0; i < 10; ++i) {
      const auto again = get("/api/schema/", {{"If-None-Match", schema.header("etag")}});
      CPPUNIT_ASSERT_EQUAL(304, again.status);
      CPPUNIT_ASSERT(again.body.empty());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DocumentsTest);

}  // namespace integration
