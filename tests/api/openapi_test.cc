#include "api/openapi.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "api/routes.h"
#include "api/services.h"
#include "json/parse.h"

namespace api_test {

class OpenapiTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OpenapiTest);
  CPPUNIT_TEST(has_every_row);
  CPPUNIT_TEST(tells_what_is_there_only);
  CPPUNIT_TEST(the_document_in_docs_is_this_one);
  CPPUNIT_TEST_SUITE_END();

 public:
  void has_every_row() {
    const auto document = json::parse(api::openapi_document(api::everything())).value();
    for (const auto& row : api::routes()) {
      std::string method(row.method);
      for (char& c : method) c = static_cast<char>(c | 0x20);
      const auto path = document.get("paths")->get(row.path);
      CPPUNIT_ASSERT_MESSAGE(std::string(row.path), path.has_value());
      const auto operation = path->get(method);
      CPPUNIT_ASSERT_MESSAGE(std::string(row.path) + " " + method, operation.has_value());
      CPPUNIT_ASSERT_EQUAL(row.access == api::Access::bearer, operation->has("security"));
    }
  }

  void tells_what_is_there_only() {
    const auto paths = json::parse(api::openapi_document({.registration = false})).value().get("paths");
    CPPUNIT_ASSERT(paths->has("/api/login/"));
    CPPUNIT_ASSERT(!paths->has("/api/register/"));
    CPPUNIT_ASSERT(!paths->has("/api/sessions/"));
  }

  /// After a change of the table: jwtauthctl docs openapi > docs/openapi.json
  void the_document_in_docs_is_this_one() {
    const char* source = std::getenv("JWTAUTHD_SRCDIR");
    std::ifstream file(std::string(source == nullptr ? "." : source) + "/docs/openapi.json");
    std::stringstream text;
    text << file.rdbuf();
    CPPUNIT_ASSERT_EQUAL(api::openapi_document(api::everything()), text.str());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OpenapiTest);

}  // namespace api_test
