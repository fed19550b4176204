#include "accounts/field_errors.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

class FieldErrorsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FieldErrorsTest);
  CPPUNIT_TEST(keeps_messages_of_a_field_together);
  CPPUNIT_TEST(arranges_fields_as_the_form_has_them);
  CPPUNIT_TEST_SUITE_END();

 public:
  void keeps_messages_of_a_field_together() {
    accounts::FieldErrors errors;
    CPPUNIT_ASSERT(errors.empty());
    errors.add("password", "one");
    errors.add("email", "two");
    errors.add("password", "three");
    CPPUNIT_ASSERT(!errors.empty());
    CPPUNIT_ASSERT(errors.has("email"));
    CPPUNIT_ASSERT(!errors.has("username"));
    CPPUNIT_ASSERT_EQUAL(std::string("password: one three; email: two;"), text(errors));
  }

  void arranges_fields_as_the_form_has_them() {
    accounts::FieldErrors errors;
    for (const char* field : {"z", "password", "a", "username"}) errors.add(field, "x");
    errors.arrange({"username", "email", "password"});
    CPPUNIT_ASSERT_EQUAL(std::string("username: x; password: x; z: x; a: x;"), text(errors));
  }

 private:
  static std::string text(const accounts::FieldErrors& errors) {
    std::string out;
    for (const auto& [field, messages] : errors.all()) {
      out += (out.empty() ? "" : " ") + field + ":";
      for (const auto& message : messages) out += " " + message;
      out += ";";
    }
    return out;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FieldErrorsTest);

}  // namespace
