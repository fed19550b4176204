#include "api/gateway_headers.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

namespace {

tokens::Principal of(tokens::KnownUser user) {
  tokens::Principal principal;
  principal.user = std::make_shared<const tokens::KnownUser>(std::move(user));
  principal.session = {0xab, 0xcd};
  return principal;
}

tokens::Principal of(tokens::ForeignSubject subject) {
  tokens::Principal principal;
  principal.grant = std::make_shared<const tokens::Grant>(tokens::Grant{"read", std::move(subject)});
  return principal;
}

const std::string kSession = "X-Auth-Session: abcd0000000000000000000000000000\r\n";

/// What of the lines begins with this name.
std::string line(const std::string& lines, const std::string& name) {
  const auto at = ("\r\n" + lines).find("\r\n" + name + ": ");
  return at == std::string::npos ? "" : lines.substr(at, lines.find("\r\n", at) - at);
}

}  // namespace

class GatewayHeadersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatewayHeadersTest);
  CPPUNIT_TEST(tells_who_the_user_is);
  CPPUNIT_TEST(no_value_ends_a_line_or_a_list);
  CPPUNIT_TEST(what_does_not_fit_is_left_out_whole_and_named);
  CPPUNIT_TEST(stays_under_a_kilobyte_whatever_the_user_has);
  CPPUNIT_TEST(names_of_another_issuer_are_not_told_as_ours);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tells_who_the_user_is() {
    CPPUNIT_ASSERT_EQUAL(
        "X-Auth-User-Id: 7\r\n" + kSession +
            "X-Auth-User: ann\r\nX-Auth-Email: ann+x@example.org\r\nX-Auth-Groups: a,b\r\n",
        api::gateway_headers(
            of({.id = 7, .username = "ann", .email = "ann+x@example.org", .groups = {"a", "b"}})));
    CPPUNIT_ASSERT_EQUAL("X-Auth-User-Id: 8\r\n" + kSession + "X-Auth-User: bob\r\n",
                         api::gateway_headers(of({.id = 8, .username = "bob"})));
  }

  void no_value_ends_a_line_or_a_list() {
    const auto lines = api::gateway_headers(of({.id = 7,
                                                .username = "a\r\nX-Auth-User-Id: 1\n\t,%é",
                                                .email = std::string("\0;\"\x7f", 4),
                                                .groups = {"a,b", "c d\r\n"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-User: a%0D%0AX-Auth-User-Id%3A%201%0A%09%2C%25%C3%A9"),
                         line(lines, "X-Auth-User"));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-Email: %00%3B%22%7F"), line(lines, "X-Auth-Email"));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-Groups: a%2Cb,c%20d%0D%0A"), line(lines, "X-Auth-Groups"));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{5}, std::count(lines.begin(), lines.end(), '\n'));
  }

  void what_does_not_fit_is_left_out_whole_and_named() {
    const auto many = api::gateway_headers(
        of({.id = 7, .username = "ann", .groups = std::vector<std::string>(300, "group")}));
    CPPUNIT_ASSERT_EQUAL(std::string(), line(many, "X-Auth-Groups"));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-Omitted: Groups"), line(many, "X-Auth-Omitted"));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-User: ann"), line(many, "X-Auth-User"));
    std::string emoji;
    for (int i = 0; i < 150; ++i) emoji += "😀";
    const auto wide = api::gateway_headers(of({.id = 7, .username = emoji, .groups = {"a"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-Omitted: User"), line(wide, "X-Auth-Omitted"));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-Groups: a"), line(wide, "X-Auth-Groups"));
  }

  void stays_under_a_kilobyte_whatever_the_user_has() {
    for (std::size_t name = 0; name < 1100; name += 7) {
      for (std::size_t groups = 0; groups < 200; groups += 3) {
        const auto lines = api::gateway_headers(of({.id = INT64_MAX,
                                                    .username = std::string(name, 'n'),
                                                    .email = std::string(254, '!'),
                                                    .groups = std::vector<std::string>(groups, "12345")}));
        CPPUNIT_ASSERT(lines.size() < api::kGatewayHeadersEnd);
        CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-User-Id: 9223372036854775807"),
                             line(lines, "X-Auth-User-Id"));
        CPPUNIT_ASSERT(lines.find(kSession) != std::string::npos);
      }
    }
    const std::string longest(1 << 20, 'x');
    const auto stranger = api::gateway_headers(
        of(tokens::ForeignSubject{longest, longest, "", "", std::vector<std::string>(3, longest)}));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-Omitted: Issuer,Subject,Groups"),
                         line(stranger, "X-Auth-Omitted"));
    CPPUNIT_ASSERT(stranger.size() < api::kGatewayHeadersEnd);
  }

  void names_of_another_issuer_are_not_told_as_ours() {
    const auto lines = api::gateway_headers(
        of(tokens::ForeignSubject{"https://other.example", "a|1", "root", "root@example.org", {"staff"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Auth-Session: 00000000000000000000000000000000\r\n"
                                     "X-Auth-Issuer: https%3A%2F%2Fother.example\r\n"
                                     "X-Auth-Subject: a%7C1\r\nX-Auth-Groups: staff\r\n"),
                         lines);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayHeadersTest);
