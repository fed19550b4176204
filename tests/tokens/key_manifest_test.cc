#include "tokens/key_manifest.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using tokens::KeyEntry;
using tokens::KeyManifest;
using tokens::KeyState;

const util::TimePoint start{1'700'000'000s};
const tokens::KeyPacing pacing{600s, 86400s};

/// A kid that says which key it is.
std::string kid(char letter) {
  return std::string(43, letter);
}

KeyEntry key(char letter, util::TimePoint signs_from, util::TimePoint created = start) {
  KeyEntry entry;
  entry.kid = kid(letter);
  entry.created_at = created;
  entry.signs_from = signs_from;
  return entry;
}

std::string state_of(const KeyManifest& manifest, char letter, util::TimePoint now) {
  return std::string(tokens::name(manifest.state(*manifest.find(kid(letter)), now)));
}

/// "active retiring", of a, b, …
std::string states(const KeyManifest& manifest, util::TimePoint now) {
  std::string all;
  for (char letter = 'a'; manifest.find(kid(letter)) != nullptr; ++letter) {
    all += (all.empty() ? "" : " ") + state_of(manifest, letter, now);
  }
  return all;
}

class KeyManifestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeyManifestTest);
  CPPUNIT_TEST(states_follow_from_the_clock_alone);
  CPPUNIT_TEST(a_key_verifies_until_its_last_token_is_over);
  CPPUNIT_TEST(a_next_key_that_is_retired_gives_its_predecessor_back);
  CPPUNIT_TEST(a_next_key_can_be_hastened);
  CPPUNIT_TEST(what_is_retired_by_hand_is_over_at_once);
  CPPUNIT_TEST(is_read_as_it_was_written);
  CPPUNIT_TEST(refuses_what_it_does_not_understand);
  CPPUNIT_TEST(keeps_fifty_retired_keys);
  CPPUNIT_TEST_SUITE_END();

 public:
  void states_follow_from_the_clock_alone() {
    KeyManifest manifest;
    manifest.add(key('a', start), pacing);
    manifest.add(key('b', start + 600s), pacing);
    struct Row {
      std::chrono::milliseconds at;
      const char* expected;
    };
    const auto end = 600s + 86400s + 600s;
    for (const Row& row :
         {Row{0s, "active next"}, Row{600s - 1ms, "active next"}, Row{600s, "retiring active"},
          Row{end - 1ms, "retiring active"}, Row{end, "retired active"}}) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.expected), states(manifest, start + row.at));
    }
    CPPUNIT_ASSERT(manifest.active(start - 1ms) == nullptr);
    CPPUNIT_ASSERT_EQUAL(kid('b'), manifest.next(start)->kid);
    CPPUNIT_ASSERT(manifest.next(start + 600s) == nullptr);
  }

  void a_key_verifies_until_its_last_token_is_over() {
    KeyManifest manifest;
    manifest.add(key('a', start), pacing);
    CPPUNIT_ASSERT(!manifest.find(kid('a'))->verifies_until);
    manifest.add(key('b', start + 600s), pacing);
    CPPUNIT_ASSERT(manifest.find(kid('a'))->verifies_until == start + 600s + 86400s + 600s);
    CPPUNIT_ASSERT(!manifest.find(kid('b'))->verifies_until);
    // A third one does not put the first one's end off.
    manifest.add(key('c', start + 2000s, start + 1400s), pacing);
    CPPUNIT_ASSERT(manifest.find(kid('a'))->verifies_until == start + 600s + 86400s + 600s);
    CPPUNIT_ASSERT(manifest.find(kid('b'))->verifies_until == start + 2000s + 86400s + 600s);
  }

  void a_next_key_that_is_retired_gives_its_predecessor_back() {
    KeyManifest manifest;
    manifest.add(key('a', start), pacing);
    manifest.add(key('b', start + 600s), pacing);
    manifest.retire(kid('b'), start + 10s, pacing);
    CPPUNIT_ASSERT(!manifest.find(kid('a'))->verifies_until);
    CPPUNIT_ASSERT_EQUAL(std::string("active retired"), states(manifest, start + 24h * 365));
  }

  void a_next_key_can_be_hastened() {
    KeyManifest manifest;
    manifest.add(key('a', start), pacing);
    manifest.add(key('b', start + 600s), pacing);
    manifest.hasten(kid('b'), start + 5s, pacing);
    CPPUNIT_ASSERT_EQUAL(std::string("retiring active"), states(manifest, start + 5s));
    CPPUNIT_ASSERT(manifest.find(kid('a'))->verifies_until >= start + 5s + 86400s + 600s);
  }

  void what_is_retired_by_hand_is_over_at_once() {
    KeyManifest manifest;
    manifest.add(key('a', start), pacing);
    manifest.add(key('b', start + 600s), pacing);
    manifest.retire(kid('a'), start + 700s, pacing);
    CPPUNIT_ASSERT_EQUAL(std::string("retired active"), states(manifest, start + 700s));
    // Whatever a host's clock says.
    CPPUNIT_ASSERT_EQUAL(std::string("retired next"), states(manifest, start));
  }

  void is_read_as_it_was_written() {
    KeyManifest manifest;
    KeyEntry rsa = key('a', start + 123ms);
    rsa.algorithm = jwt::Algorithm::ps384;
    manifest.add(rsa, pacing);
    manifest.add(key('b', start + 600s), pacing);
    KeyEntry secret;
    secret.algorithm = jwt::Algorithm::hs256;
    secret.created_at = secret.signs_from = start + 700s;
    manifest.add(secret, pacing);
    manifest.retire(kid('a'), start + 800s, pacing);
    const auto again = KeyManifest::parse(manifest.dump());
    CPPUNIT_ASSERT_MESSAGE(again ? "" : again.error().message, again.has_value());
    CPPUNIT_ASSERT_EQUAL(manifest.dump(), again->dump());
    CPPUNIT_ASSERT(again->find(kid('a'))->signs_from == start + 123ms);
    CPPUNIT_ASSERT(again->find(kid('a'))->algorithm == jwt::Algorithm::ps384);
    CPPUNIT_ASSERT(again->active(start + 900s)->is_secret());
  }

  void refuses_what_it_does_not_understand() {
    const std::string good = R"({"kid":")" + kid('a') + R"(","alg":"ES256","created_at":1,"signs_from":2})";
    const auto with = [](const std::string& keys, const std::string& version = "1") {
      return KeyManifest::parse(R"({"version":)" + version + R"(,"keys":[)" + keys + "]}");
    };
    CPPUNIT_ASSERT(with(good).has_value());
    CPPUNIT_ASSERT(with("").has_value());
    struct Row {
      const char* why;
      std::string keys;
    };
    for (const Row& row : {
             Row{"listed twice", good + "," + good},
             Row{"no kid, which is the secret's, with another alg",
                 R"({"alg":"ES256","created_at":1,"signs_from":2})"},
             Row{"a kid that leads elsewhere",
                 R"({"kid":"../../etc/x","alg":"ES256","created_at":1,"signs_from":2})"},
             Row{"none", R"({"kid":")" + kid('a') + R"(","alg":"none","created_at":1,"signs_from":2})"},
             Row{"a kid and a secret",
                 R"({"kid":")" + kid('a') + R"(","alg":"HS256","created_at":1,"signs_from":2})"},
             Row{"no time", R"({"kid":")" + kid('a') + R"(","alg":"ES256","created_at":1})"},
             Row{"text for a time",
                 R"({"kid":")" + kid('a') + R"(","alg":"ES256","created_at":1,"signs_from":"2"})"},
             Row{"a negative time",
                 R"({"kid":")" + kid('a') + R"(","alg":"ES256","created_at":-1,"signs_from":2})"},
             Row{"a time that overflows",
                 R"({"kid":")" + kid('a') +
                     R"(","alg":"ES256","created_at":1,"signs_from":9223372036854775807})"},
             Row{"no object", "7"},
         }) {
      CPPUNIT_ASSERT_MESSAGE(row.why, !with(row.keys));
    }
    CPPUNIT_ASSERT(!with(good, "2"));
    for (const char* text : {"", "{", "[]", "{}", R"({"version":1})", R"({"version":1,"keys":{}})"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !KeyManifest::parse(text));
    }
  }

  void keeps_fifty_retired_keys() {
    KeyManifest manifest;
    for (int i = 0; i < 60; ++i) {
      KeyEntry entry = key('a', start + i * 1s);
      entry.kid = std::string(41, 'x') + static_cast<char>('a' + i / 26) + static_cast<char>('a' + i % 26);
      manifest.add(entry, pacing);
      if (i < 58) manifest.retire(entry.kid, start + i * 1s, pacing);
    }
    manifest.trim(start + 100s);
    CPPUNIT_ASSERT_EQUAL(std::size_t{52}, manifest.entries().size());
    // The oldest went.
    CPPUNIT_ASSERT(manifest.entries().front().signs_from == start + 8s);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeyManifestTest);

}  // namespace
