#include "store/sql_splitter.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

class SqlSplitterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SqlSplitterTest);
  CPPUNIT_TEST(splits_as_the_mysql_client_does);
  CPPUNIT_TEST(refuses_what_is_not_closed);
  CPPUNIT_TEST_SUITE_END();

  static std::string joined(std::string_view sql) {
    const auto statements = store::split_statements(sql);
    if (!statements) return "error: " + statements.error().message;
    std::string text;
    for (const auto& statement : *statements) text += "<" + statement + ">";
    return text;
  }

 public:
  void splits_as_the_mysql_client_does() {
    const struct {
      const char* sql;
      const char* expected;
    } rows[] = {
        {"", ""},
        {" \n;; ; \n", ""},
        {"SELECT 1", "<SELECT 1>"},
        {"SELECT 1;\nSELECT 2;\n", "<SELECT 1><SELECT 2>"},
        {"SELECT ';';", "<SELECT ';'>"},
        {"SELECT ';' ';'; x", "<SELECT ';' ';'><x>"},
        {"SELECT 'it''s;'; x", "<SELECT 'it''s;'><x>"},
        {"SELECT 'a\\';b'; x", "<SELECT 'a\\';b'><x>"},
        {"SELECT 'a\\\\'; x", "<SELECT 'a\\\\'><x>"},
        {"SELECT \"a;\"\"b\"; x", "<SELECT \"a;\"\"b\"><x>"},
        {"SELECT `a;\\`; x", "<SELECT `a;\\`><x>"},
        {"-- one; two\nSELECT 1;", "<SELECT 1>"},
        {"SELECT 1; -- end", "<SELECT 1>"},
        {"SELECT 1; --", "<SELECT 1>"},
        {"SELECT 5--2;", "<SELECT 5--2>"},
        {"SELECT 1, -- it's; not\n2;", "<SELECT 1, \n2>"},
        {"# it's;\nSELECT 1 # x;\n;", "<SELECT 1>"},
        {"/* a;'b */SELECT/* c */1;", "<SELECT 1>"},
        {"SELECT '/*'; SELECT '*/';", "<SELECT '/*'><SELECT '*/'>"},
        {"SELECT '-- x';", "<SELECT '-- x'>"},
        {"/*!40101 SET a=1; */; x", "</*!40101 SET a=1; */><x>"},
        {"SELECT /*+ NO_ICP(t) */ 1;", "<SELECT /*+ NO_ICP(t) */ 1>"},
        {"/*M!100100 SET a=1 */;", "</*M!100100 SET a=1 */>"},
        {"DELIMITER //\nBEGIN a; b; END//\ndelimiter ;\nx; y", "<BEGIN a; b; END><x><y>"},
        {"SELECT delimiter FROM t;", "<SELECT delimiter FROM t>"},
        {"SELECT 1\n;\n\nSELECT\n2", "<SELECT 1><SELECT\n2>"},
    };
    for (const auto& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sql, std::string(row.expected), joined(row.sql));
  }

  void refuses_what_is_not_closed() {
    for (const char* sql : {"SELECT 'a;", "SELECT \"a", "SELECT `a", "SELECT 'a\\'", "/* a", "SELECT 1 /*",
                            "/*! a", "DELIMITER \nx"}) {
      CPPUNIT_ASSERT_MESSAGE(sql, joined(sql).starts_with("error: "));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqlSplitterTest);

}  // namespace
