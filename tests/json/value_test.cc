#include "json/value.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using json::Value;

class ValueTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ValueTest);
  CPPUNIT_TEST(keeps_members_in_order);
  CPPUNIT_TEST(shares_when_copied);
  CPPUNIT_TEST(answers_neutrally_about_what_it_is_not);
  CPPUNIT_TEST(refuses_text_that_is_not_utf8);
  CPPUNIT_TEST(refuses_reals_that_json_cannot_write);
  CPPUNIT_TEST(writes_numbers_as_python_does);
  CPPUNIT_TEST(indents_as_python_does);
  CPPUNIT_TEST(names_types_as_python_does);
  CPPUNIT_TEST_SUITE_END();

  void keeps_members_in_order() {
    Value object = Value::object();
    object.set("username", Value::string("bob"));
    object.set("age", Value::integer(7));
    object.set("a\0b", Value());
    object.set("username", Value::boolean(true));
    std::vector<std::string> keys;
    object.each([&](std::string_view key, const Value& member) {
      keys.push_back(std::string(key) + "=" + member.dump());
    });
    CPPUNIT_ASSERT(keys == (std::vector<std::string>{"username=true", "age=7", "a=null"}));
    object.erase("age");
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"username":true,"a":null})"), object.dump());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, object.size());
    CPPUNIT_ASSERT(object.has("a") && !object.has("age") && !object.get("age"));

    Value array = Value::array();
    array.append(object);
    array.append(Value::real(0.5));
    CPPUNIT_ASSERT_EQUAL(std::string(R"([{"username":true,"a":null},0.5])"), array.dump());
    CPPUNIT_ASSERT_EQUAL(0.5, array.at(1).as_real());
  }

  void shares_when_copied() {
    Value first = Value::string("x");
    const Value second = first;
    first = Value::integer(1);
    CPPUNIT_ASSERT_EQUAL(std::string("x"), std::string(second.as_string()));
    Value third = std::move(first);
    CPPUNIT_ASSERT(third.is(json::Type::integer));
  }

  void answers_neutrally_about_what_it_is_not() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, Value::string("abc").size());
    CPPUNIT_ASSERT(!Value::integer(1).get("a"));
    CPPUNIT_ASSERT(!Value().has("a"));
    CPPUNIT_ASSERT_EQUAL(std::string(), Value::string("1").number_text());
    Value::array().each([](std::string_view, const Value&) { CPPUNIT_FAIL("an array has no members"); });
  }

  void refuses_text_that_is_not_utf8() {
    CPPUNIT_ASSERT_THROW(Value::string("\xff"), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(Value::string("\xed\xa0\x80"), std::invalid_argument);
    Value object = Value::object();
    CPPUNIT_ASSERT_THROW(object.set("\xc3", Value()), std::invalid_argument);
  }

  void refuses_reals_that_json_cannot_write() {
    CPPUNIT_ASSERT_THROW(Value::real(std::nan("")), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(Value::real(std::numeric_limits<double>::infinity()), std::invalid_argument);
  }

  void writes_numbers_as_python_does() {
    const struct {
      double number;
      const char* text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.50, "1.5"},
        {1e3, "1000.0"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {123456.789, "123456.789"},
        {0.0001, "0.0001"},
        {0.00012, "0.00012"},
        {0.00001, "1e-05"},
        {-1.5e-7, "-1.5e-07"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1.25e16, "1.25e+16"},
        {1e22, "1e+22"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {5e-324, "5e-324"},
        {100.25, "100.25"},
    };
    for (const auto& c : cases) {
      CPPUNIT_ASSERT_EQUAL(std::string(c.text), Value::real(c.number).number_text());
      CPPUNIT_ASSERT_EQUAL(std::string(c.text), Value::real(c.number).dump());
    }
    CPPUNIT_ASSERT_EQUAL(std::string("-7"), Value::integer(-7).number_text());
  }

  void indents_as_python_does() {
    Value list = Value::array();
    list.append(Value::string("This field is required."));
    Value object = Value::object();
    object.set("username", list);
    object.set("none", Value::object());
    object.set("empty", Value::array());
    CPPUNIT_ASSERT_EQUAL(std::string("{\n  \"username\": [\n    \"This field is required.\"\n  ],\n  "
                                     "\"none\": {},\n  \"empty\": []\n}"),
                         object.dump_indented(2));
    CPPUNIT_ASSERT_EQUAL(std::string("[\n\"This field is required.\"\n]"), list.dump_indented(0));
    CPPUNIT_ASSERT_EQUAL(std::string("7"), Value::integer(7).dump_indented(4));
  }

  void names_types_as_python_does() {
    CPPUNIT_ASSERT(json::python_name(Value::array().type()) == "list");
    CPPUNIT_ASSERT(json::python_name(Value::string("").type()) == "str");
    CPPUNIT_ASSERT(json::python_name(Value::integer(1).type()) == "int");
    CPPUNIT_ASSERT(json::python_name(Value::real(1).type()) == "float");
    CPPUNIT_ASSERT(json::python_name(Value::boolean(true).type()) == "bool");
    CPPUNIT_ASSERT(json::python_name(Value::object().type()) == "dict");
    CPPUNIT_ASSERT(json::python_name(Value().type()) == "NoneType");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ValueTest);

}  // namespace
