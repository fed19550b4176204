#include "tokens/session_id.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>

#include "fakes.h"
#include "json/parse.h"
#include "tokens/jti.h"

namespace {

using namespace std::string_literals;
using tokens::began;
using tokens::read_sid;
using tokens::session_of;
using tokens::sid_text;

tokens::SessionOfToken of(const std::string& claims) {
  return session_of(json::parse(claims).value(), "jti");
}

class SessionIdTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SessionIdTest);
  CPPUNIT_TEST(a_new_id_is_a_version_7_uuid_of_its_time);
  CPPUNIT_TEST(later_ids_sort_behind_earlier_ones);
  CPPUNIT_TEST(a_sid_is_read_as_it_is_written_and_not_otherwise);
  CPPUNIT_TEST(a_token_without_sid_has_a_session_of_its_jti);
  CPPUNIT_TEST(what_stands_for_a_token_has_no_time);
  CPPUNIT_TEST(succeeding_ids_depend_on_key_type_session_and_token);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_new_id_is_a_version_7_uuid_of_its_time() {
    tokens_test::CountingRandom random;
    const util::TimePoint now(std::chrono::microseconds(1'700'000'000'123'999));
    const auto id = tokens::new_session_id(now, random);
    // 1700000000123 is 0x18bcfe5687b.
    CPPUNIT_ASSERT_EQUAL(
        "018bcfe5687b76078"
        "8090a0b0c0d0e0f"s,
        sid_text(id));
    CPPUNIT_ASSERT(began(id) == util::TimePoint(std::chrono::milliseconds(1'700'000'000'123)));
  }

  void later_ids_sort_behind_earlier_ones() {
    util::SystemRandom random;
    tokens_test::ManualClock clock;
    std::set<store::SessionId> ids;
    for (int i = 0; i < 300; ++i) {
      const auto id = tokens::new_session_id(clock.now(), random);
      CPPUNIT_ASSERT(ids.empty() || *ids.rbegin() < id);
      ids.insert(id);
      clock.advance(std::chrono::milliseconds(1));
    }
  }

  void a_sid_is_read_as_it_is_written_and_not_otherwise() {
    const std::string good = "018bcfe5687b70011223344556677889";
    CPPUNIT_ASSERT_EQUAL(good, sid_text(read_sid(good).value()));
    for (const std::string& bad :
         {""s, good.substr(1), good + "0", "018BCFE5687B70011223344556677889"s,
          "018bcfe5687b7001122334455667788g"s, "018bcfe5-687b-7001-1223-344556677889"s,
          " 18bcfe5687b70011223344556677889"s}) {
      CPPUNIT_ASSERT_MESSAGE(bad, !read_sid(bad));
    }
    const auto named = of(R"({"jti":"a","sid":")" + good + "\"}");
    CPPUNIT_ASSERT(named.has_sid);
    CPPUNIT_ASSERT_EQUAL(good, sid_text(named.id));
  }

  void a_token_without_sid_has_a_session_of_its_jti() {
    const auto plain = of(R"({"jti":"a"})");
    CPPUNIT_ASSERT(!plain.has_sid);
    for (const char* claims :
         {R"({"sid":7,"jti":"a"})", R"({"sid":"x","jti":"a"})", R"({"sid":null,"jti":"a"})"}) {
      const auto same = of(claims);
      CPPUNIT_ASSERT_MESSAGE(claims, !same.has_sid && same.id == plain.id);
    }
    CPPUNIT_ASSERT(of(R"({"jti":"b"})").id != plain.id);
    CPPUNIT_ASSERT(plain.id != store::SessionId{});
  }

  void what_stands_for_a_token_has_no_time() {
    for (int i = 0; i < 200; ++i) {
      const auto id = of(R"({"jti":")" + std::to_string(i) + "\"}").id;
      CPPUNIT_ASSERT_EQUAL('8', sid_text(id)[12]);
      CPPUNIT_ASSERT(!began(id));
    }
  }

  void succeeding_ids_depend_on_key_type_session_and_token() {
    const auto ring = tokens_test::hs256_ring();
    tokens::KeyRingOptions options;
    options.algorithm = jwt::Algorithm::hs256;
    options.secret = util::Secret("another-secret-9a0c14e7f3b2-5d68-41aa");
    const auto other = tokens::KeyRing::open(std::move(options)).value().signing_key()->keyed_digest("", "");
    CPPUNIT_ASSERT(other != ring.signing_key()->keyed_digest("", ""));

    const auto& key = *ring.signing_key();
    const store::SessionId a{1};
    const store::SessionId b{2};
    using enum tokens::TokenType;
    const std::set<std::string> ids{
        tokens::succeeding_jti(key, refresh, a, "x"), tokens::succeeding_jti(key, access, a, "x"),
        tokens::succeeding_jti(key, refresh, b, "x"), tokens::succeeding_jti(key, refresh, a, "y")};
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, ids.size());
    CPPUNIT_ASSERT(ids.contains(tokens::succeeding_jti(key, refresh, a, "x")));
    for (const auto& id : ids) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{32}, id.size());
      CPPUNIT_ASSERT_EQUAL('4', id[12]);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionIdTest);

}  // namespace
