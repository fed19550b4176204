#include "jwt/unverified.h"

#include <cppunit/extensions/HelperMacros.h>

#include <random>
#include <string>

#include "util/encoding.h"

namespace {

std::string issuer_of(const std::string& token) {
  jwt::ClaimsRoom room;
  return std::string(jwt::unverified_issuer(token, room));
}
std::string token_of(const std::string& claims) {
  return "e30." + util::to_base64url(claims) + ".AA";
}

class UnverifiedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnverifiedTest);
  CPPUNIT_TEST(finds_the_issuer_among_all_sorts_of_members);
  CPPUNIT_TEST(finds_none_where_there_is_none);
  CPPUNIT_TEST(reads_no_further_than_the_token_whatever_it_holds);
  CPPUNIT_TEST_SUITE_END();

 public:
  void finds_the_issuer_among_all_sorts_of_members() {
    for (const char* claims :
         {R"({"iss":"https://a/"})", R"( { "x" : 1 , "iss" : "https://a/" } )", R"({"iss":"https:\/\/a\/"})",
          R"({"iss":"https:\u002f\u002Fa/"})",
          R"({"a":{"iss":"b","c":["}",{"iss":"b"}]},"iss":"https://a/"})",
          R"({"a":"\",\"iss\":\"b","iss":"https://a/"})", R"({"a":"\\","iss":"https://a/","iss":"b"})",
          R"({"a":[],"b":{},"c":-1.5e9,"d":null,"e":true,"iss":"https://a/"})"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(claims, std::string("https://a/"), issuer_of(token_of(claims)));
    }
  }

  void finds_none_where_there_is_none() {
    for (const char* claims : {"", "{}", "[]", R"(["iss","b"])", R"({"a":{"iss":"b"}})", R"({"iss":7})",
                               R"({"iss":["b"]})", R"({"iss":"b)", R"({"iss" "b"})", R"({"a":"iss","x":"b"})",
                               R"({"a":1}{"iss":"b"})", R"({"a":]{"iss":"b"})", R"({"iss":"\n"})",
                               R"({"iss":"\u00e9"})", R"({"iss":"\u12"})", R"({"iss":"\)"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(claims, std::string(), issuer_of(token_of(claims)));
    }
    const std::string encoded = util::to_base64url(R"({"iss":"b"})");
    for (const std::string& token :
         {encoded, "e30." + encoded, "e30." + encoded + "=.AA", std::string("..")}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(token, std::string(), issuer_of(token));
    }
    const std::string most = token_of(R"({"iss":"b","x":")" + std::string(jwt::max_token_bytes, 'x') + "\"}");
    CPPUNIT_ASSERT_EQUAL(std::string(), issuer_of(most));
  }

  /// The sanitizers watch.
  void reads_no_further_than_the_token_whatever_it_holds() {
    std::mt19937 random(7);
    const std::string whole = R"({"a":{"b":["\u0041",1,"]"]},"iss":"https:\/\/a\/","c":"d"})";
    for (std::size_t end = 0; end < whole.size(); ++end) issuer_of(token_of(whole.substr(0, end)));
    for (int i = 0; i < 20'000; ++i) {
      std::string claims = whole;
      for (int change = 0; change < 3; ++change) {
        claims[random() % claims.size()] = R"("\{}[]:,iu0)"[random() % 11];
      }
      issuer_of(token_of(claims));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UnverifiedTest);

}  // namespace
