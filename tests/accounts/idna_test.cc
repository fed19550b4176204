// Expected forms are those of Python's "idna" codec; the first rows of the table are RFC 3492's samples.
#include "accounts/idna.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace std::string_literals;

class IdnaTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IdnaTest);
  CPPUNIT_TEST(encodes_labels);
  CPPUNIT_TEST(refuses_labels_without_an_ascii_form);
  CPPUNIT_TEST_SUITE_END();

 public:
  void encodes_labels() {
    const struct {
      std::string domain;
      std::string expected;
    } rows[] = {
        {"ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"},
        {"他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"},
        {"Pročprostěnemluvíčesky", "xn--proprostnemluvesky-uyb24dma41a"},
        {"3年B組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"},
        {"-> $1.00 <-", "-> $1.00 <-"},  // ASCII is none of its business
        {"example.com", "example.com"},
        {"exämple.com", "xn--exmple-cua.com"},
        {"EXÄMPLE.com", "xn--exmple-cua.com"},
        {"straße.de", "strasse.de"},
        {"ｅｘａｍｐｌｅ．com", "example.com"},
        {"例え。テスト", "xn--r8jz45g.xn--zckzah"},
        {"ü.", "xn--tda."},
        {"", ""},
        {"a\u00adü", "xn--a-eha"},
    };
    for (const auto& row : rows) {
      const auto ascii = accounts::ascii_domain(row.domain);
      CPPUNIT_ASSERT_MESSAGE(row.domain, ascii.has_value());
      CPPUNIT_ASSERT_EQUAL(row.expected, *ascii);
    }
  }

  void refuses_labels_without_an_ascii_form() {
    const std::string rows[] = {
        ".com",
        "ü..com",
        "\u200b.com",                       // mapped to nothing, so empty
        "xn--ü.com",                        // looks encoded already
        "ü\u2028",                          // line separator
        "ü\U000e0001",                      // language tag
        "ü\ufffd",                          // replacement character
        "אx",                               // right to left, then left to right
        "א1",                               // does not end as it began
        std::string(64, 'x') + ".com",      // too long as it is
        std::string(60, 'x') + "ü.com",     // too long once encoded
        std::string(30000, 'x') + "ü.com",  // and cheaply so
    };
    for (const auto& row : rows) CPPUNIT_ASSERT_MESSAGE(row, !accounts::ascii_domain(row));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IdnaTest);

}  // namespace
