// The ring of a directory, while it changes.
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "fakes.h"
#include "jwt/verify.h"
#include "tokens/bearer.h"
#include "tokens/issuer.h"
#include "tokens/key_room.h"
#include "tokens/key_watch.h"
#include "tokens/verifier.h"

namespace {

using namespace std::chrono_literals;
using tokens::KeyRing;
using Look = tokens::KeyRing::Look;

const tokens::KeyPacing pacing{600s, 86400s};

class LiveRingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LiveRingTest);
  CPPUNIT_TEST(a_key_signs_when_its_time_has_come);
  CPPUNIT_TEST(all_that_is_published_verifies);
  CPPUNIT_TEST(an_unknown_kid_has_the_directory_looked_at);
  CPPUNIT_TEST(a_retired_key_ends_its_tokens_in_the_cache_and_no_others);
  CPPUNIT_TEST(a_key_that_is_over_ends_its_tokens_in_the_cache);
  CPPUNIT_TEST(a_directory_that_is_broken_keeps_the_ring);
  CPPUNIT_TEST(a_retired_key_is_refused_whatever_else_is_broken);
  CPPUNIT_TEST(a_directory_that_is_broken_at_the_start_is_refused);
  CPPUNIT_TEST(a_secret_signs_until_a_key_does_and_verifies_ever_after);
  CPPUNIT_TEST(the_secret_can_take_over_again);
  CPPUNIT_TEST(a_key_verifies_only_its_algorithm);
  CPPUNIT_TEST(the_watch_takes_a_change_over);
  CPPUNIT_TEST(threads_use_a_ring_that_changes);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::KeyRoom room_;
  tokens_test::ManualClock clock_;

  tokens::KeyRingOptions options() {
    tokens::KeyRingOptions made;
    made.directory = room_.path();
    made.clock = &clock_;
    return made;
  }
  tokens::KeyRingOptions options_with_secret() {
    auto made = options();
    made.algorithm = jwt::Algorithm::hs256;
    made.secret = util::Secret(tokens_test::secret);
    return made;
  }
  KeyRing ring() { return std::move(KeyRing::open(options()).value()); }
  std::string add(std::chrono::seconds ahead = 0s) {
    return room_.add(clock_.now(), clock_.now() + ahead, pacing);
  }
  std::string why_not() {
    const auto ring = KeyRing::open(options());
    return ring ? "it opens" : ring.error().message;
  }

 public:
  void a_key_signs_when_its_time_has_come() {
    const std::string first = add();
    const std::string second = add(600s);
    const KeyRing ring = this->ring();
    CPPUNIT_ASSERT_EQUAL(first, ring.signing_key()->kid());
    clock_.advance(600s - 1ms);
    CPPUNIT_ASSERT_EQUAL(first, ring.signing_key()->kid());
    clock_.advance(1ms);
    CPPUNIT_ASSERT_EQUAL(second, ring.signing_key()->kid());
  }

  void all_that_is_published_verifies() {
    add();
    const KeyRing elsewhere = ring();
    const std::string old_token = elsewhere.signing_key()->sign("{}");
    add(600s);
    const KeyRing ring = this->ring();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, ring.verifying_keys().size());
    const std::string next_token = ring.verifying_keys().back()->sign("{}");
    for (const auto after : {0s, 600s, 87000s}) {
      clock_.set(tokens_test::now + after.count());
      CPPUNIT_ASSERT(ring.verify(old_token));
      CPPUNIT_ASSERT(ring.verify(next_token));
    }
    clock_.set(tokens_test::now + 87600);
    CPPUNIT_ASSERT(!ring.verify(old_token));
    CPPUNIT_ASSERT(ring.verify(next_token));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ring.verifying_keys().size());
  }

  void an_unknown_kid_has_the_directory_looked_at() {
    add();
    const KeyRing ring = this->ring();
    add();
    const std::string token = this->ring().signing_key()->sign("{}");
    CPPUNIT_ASSERT(ring.verify(token));
    tokens_test::KeyRoom other;
    other.add(clock_.now(), clock_.now(), pacing);
    auto foreign = options();
    foreign.directory = other.path();
    CPPUNIT_ASSERT(!ring.verify(KeyRing::open(std::move(foreign)).value().signing_key()->sign("{}")));
  }

  void a_retired_key_ends_its_tokens_in_the_cache_and_no_others() {
    const std::string first = add();
    tokens_test::FakeUsers users;
    users.put(7, "alice");
    const KeyRing ring = this->ring();
    tokens_test::CountingRandom random;
    const tokens::Issuer issuer(ring, clock_, random, {});
    const tokens::Verifier verifier(ring, clock_, {});
    tokens::UserDirectory directory(users, {});
    tokens::BearerAuthenticator bearer(verifier, directory, clock_, {});
    const auto good = [&](const std::string& token) {
      return std::holds_alternative<tokens::Principal>(bearer.authenticate("Bearer " + token, true));
    };
    store::User alice;
    alice.id = 7;
    const std::string old_token = issuer.issue_pair(alice).access;
    add();
    CPPUNIT_ASSERT(ring.look_again() == Look::taken_over);
    const std::string new_token = issuer.issue_pair(alice).access;
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(good(old_token) && good(new_token));

    room_.retire(first, clock_.now(), pacing);
    CPPUNIT_ASSERT(good(old_token));  // nobody has looked yet
    CPPUNIT_ASSERT(ring.look_again() == Look::taken_over);
    CPPUNIT_ASSERT(!good(old_token));
    CPPUNIT_ASSERT(!good(old_token));
    CPPUNIT_ASSERT(good(new_token));
  }

  void a_key_that_is_over_ends_its_tokens_in_the_cache() {
    add();
    const KeyRing ring = this->ring();
    const tokens::Verifier verifier(ring, clock_, {});
    tokens_test::FakeUsers users;
    users.put(7, "alice");
    tokens::UserDirectory directory(users, {});
    tokens::BearerAuthenticator bearer(verifier, directory, clock_, {});
    const std::string token =
        ring.signing_key()->sign(R"({"token_type":"access","exp":1900000000,"jti":"a","user_id":7})");
    const auto good = [&] {
      return std::holds_alternative<tokens::Principal>(bearer.authenticate("Bearer " + token, true));
    };
    CPPUNIT_ASSERT(good());
    add(600s);
    ring.look_again();
    clock_.advance(87599s);
    CPPUNIT_ASSERT(good());
    clock_.advance(1s);
    CPPUNIT_ASSERT(!good());
  }

  void a_retired_key_is_refused_whatever_else_is_broken() {
    const std::string first = add();
    const KeyRing ring = this->ring();
    const std::string token = ring.signing_key()->sign("{}");
    ::chmod(room_.directory().key_path(add()).c_str(), 0644);
    CPPUNIT_ASSERT(ring.look_again() == Look::failed);
    CPPUNIT_ASSERT(ring.verify(token));
    room_.retire(first, clock_.now(), pacing);
    CPPUNIT_ASSERT(ring.look_again() == Look::failed);
    CPPUNIT_ASSERT(!ring.verify(token));
  }

  void a_directory_that_is_broken_keeps_the_ring() {
    const std::string first = add();
    const KeyRing ring = this->ring();
    const std::string manifest = room_.read(room_.manifest_path());
    const std::string token = ring.signing_key()->sign("{}");
    const auto still_works = [&] {
      return ring.signing_key()->kid() == first && ring.verify(token).has_value();
    };

    room_.write(room_.manifest_path(), "{");
    CPPUNIT_ASSERT(ring.look_again() == Look::failed);
    CPPUNIT_ASSERT(still_works());
    ::unlink(room_.manifest_path().c_str());
    CPPUNIT_ASSERT(ring.look_again() == Look::failed);
    CPPUNIT_ASSERT(still_works());
    room_.write(room_.manifest_path(), manifest);
    CPPUNIT_ASSERT(ring.look_again() == Look::taken_over);
    CPPUNIT_ASSERT(ring.look_again() == Look::unchanged);

    const std::string second = add();
    const std::string second_path = room_.directory().key_path(second);
    ::chmod(second_path.c_str(), 0644);
    CPPUNIT_ASSERT(ring.look_again() == Look::failed);
    CPPUNIT_ASSERT(still_works());
    // The manifest is as it was when that failed; what was wrong is put right, and found so.
    ::chmod(second_path.c_str(), 0600);
    CPPUNIT_ASSERT(ring.look_again() == Look::taken_over);
    CPPUNIT_ASSERT_EQUAL(second, ring.signing_key()->kid());
  }

  void a_directory_that_is_broken_at_the_start_is_refused() {
    const auto says = [&](const std::string& part) {
      const std::string message = why_not();
      CPPUNIT_ASSERT_MESSAGE(message, message.find(part) != std::string::npos);
    };
    says("no key of " + room_.path() + " signs");
    const std::string kid = add();
    const std::string path = room_.directory().key_path(kid);
    CPPUNIT_ASSERT_EQUAL(std::string("it opens"), why_not());
    for (const mode_t mode : {0644U, 0604U, 0602U, 0620U, 0660U}) {
      ::chmod(path.c_str(), mode);
      says(path + " has mode 0");
    }
    ::chmod(path.c_str(), 0640);
    CPPUNIT_ASSERT_EQUAL(std::string("it opens"), why_not());
    ::chmod(room_.manifest_path().c_str(), 0666);
    says("keys.json has mode 0666");
    ::chmod(room_.manifest_path().c_str(), 0640);
    ::chmod(room_.path().c_str(), 0777);
    says(room_.path() + " has mode 0777");
    ::chmod(room_.path().c_str(), 0700);
    const std::string pem = room_.read(path);
    room_.write(path, crypto::AsymmetricKey::from_pem(pem)->public_pem());
    says("public key");
    room_.write(path, std::string(crypto::AsymmetricKey::generate_pem(crypto::KeyType::p256).reveal()));
    says("holds another key");
    room_.write(path, std::string(crypto::AsymmetricKey::generate_pem(crypto::KeyType::p384).reveal()));
    says(path);
    room_.write(path, "junk");
    says(path + ": ");
    ::unlink(path.c_str());
    says("cannot read " + path);
    auto nowhere = options();
    nowhere.directory = room_.path() + "/nowhere";
    CPPUNIT_ASSERT(!KeyRing::open(std::move(nowhere)));
  }

  void a_secret_signs_until_a_key_does_and_verifies_ever_after() {
    const KeyRing ring = std::move(KeyRing::open(options_with_secret()).value());
    CPPUNIT_ASSERT(ring.signing_key()->algorithm() == jwt::Algorithm::hs256);
    const std::string django = tokens_test::signed_with("{}");
    const std::string kid = add(600s);
    CPPUNIT_ASSERT(ring.look_again() == Look::taken_over);
    CPPUNIT_ASSERT(ring.signing_key()->algorithm() == jwt::Algorithm::hs256);
    clock_.advance(600s);
    CPPUNIT_ASSERT_EQUAL(kid, ring.signing_key()->kid());
    for (const auto later : {0s, 900000s}) {
      clock_.advance(later);
      CPPUNIT_ASSERT(ring.verify(django));
    }
    // A public key as HMAC secret, a forger's oldest trick.
    const std::string pem =
        crypto::AsymmetricKey::from_pem(room_.read(room_.directory().key_path(kid)))->public_pem();
    CPPUNIT_ASSERT(!ring.verify(tokens_test::signed_with("{}", pem)));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, jwt::public_jwk_set(ring.verifying_keys()).find("HS256"));
  }

  void the_secret_can_take_over_again() {
    const std::string kid = add();
    const KeyRing ring = std::move(KeyRing::open(options_with_secret()).value());
    const std::string token = ring.signing_key()->sign("{}");
    CPPUNIT_ASSERT_EQUAL(kid, ring.signing_key()->kid());
    tokens::KeyEntry secret;
    secret.algorithm = jwt::Algorithm::hs256;
    secret.created_at = clock_.now();
    secret.signs_from = clock_.now() + 600s;
    auto manifest = room_.directory().read().value();
    manifest.add(secret, pacing);
    room_.put(manifest);
    ring.look_again();
    CPPUNIT_ASSERT_EQUAL(kid, ring.signing_key()->kid());
    clock_.advance(600s);
    CPPUNIT_ASSERT(ring.signing_key()->algorithm() == jwt::Algorithm::hs256);
    CPPUNIT_ASSERT(ring.verify(token));
    clock_.advance(87000s);
    CPPUNIT_ASSERT(!ring.verify(token));
  }

  void a_key_verifies_only_its_algorithm() {
    const std::string kid =
        room_.add(clock_.now(), clock_.now(), pacing, jwt::Algorithm::rs256, crypto::KeyType::rsa);
    const KeyRing ring = this->ring();
    const std::string pem = room_.read(room_.directory().key_path(kid));
    const auto signed_as = [&](jwt::Algorithm algorithm) {
      return jwt::Key::from_pem(algorithm, pem, kid).value().sign("{}");
    };
    CPPUNIT_ASSERT(ring.verify(signed_as(jwt::Algorithm::rs256)));
    CPPUNIT_ASSERT(!ring.verify(signed_as(jwt::Algorithm::rs512)));
    CPPUNIT_ASSERT(!ring.verify(signed_as(jwt::Algorithm::ps256)));
  }

  void the_watch_takes_a_change_over() {
    add();
    const KeyRing ring = this->ring();
    tokens::KeyWatch watch(ring, 1ms);
    watch.start();
    const std::string second = add();
    while (ring.signing_key()->kid() != second) std::this_thread::sleep_for(1ms);
    watch.stop();
  }

  void threads_use_a_ring_that_changes() {
    add();
    const KeyRing ring = this->ring();
    std::atomic<bool> over{false};
    std::atomic<int> refused{0};
    std::vector<std::thread> users;
    for (int i = 0; i < 3; ++i) {
      users.emplace_back([&] {
        while (!over) refused += !ring.verify(ring.signing_key()->sign("{}"));
      });
    }
    for (int i = 0; i < 10; ++i) {
      add();
      ring.look_again();
    }
    over = true;
    for (auto& user : users) user.join();
    CPPUNIT_ASSERT_EQUAL(0, refused.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LiveRingTest);

}  // namespace
