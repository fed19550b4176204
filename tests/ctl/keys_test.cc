#include "ctl/keys.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "ctl/scripted_terminal.h"
#include "json/parse.h"
#include "tokens/fakes.h"
#include "tokens/key_room.h"

namespace {

using namespace std::chrono_literals;
using jwtauthd::ExitCode;
using tokens::KeyEntry;

class KeysTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeysTest);
  CPPUNIT_TEST(the_first_key_signs_at_once);
  CPPUNIT_TEST(beside_a_secret_the_first_key_is_published_first);
  CPPUNIT_TEST(rotate_publishes_and_then_signs);
  CPPUNIT_TEST(rotate_takes_one_at_a_time_and_hastens);
  CPPUNIT_TEST(the_key_that_signs_is_retired_only_for_another_one);
  CPPUNIT_TEST(a_retired_key_leaves_no_file);
  CPPUNIT_TEST(a_line_of_history_that_goes_takes_its_file_along);
  CPPUNIT_TEST(a_retirement_tells_what_no_worker_can_open);
  CPPUNIT_TEST(each_change_is_told_once_with_its_key);
  CPPUNIT_TEST(a_key_file_moves_in);
  CPPUNIT_TEST(refuses_to_import_what_no_worker_would_open);
  CPPUNIT_TEST(exports_no_private_key);
  CPPUNIT_TEST(says_what_to_do_next);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::KeyRoom files_;
  tokens_test::ManualClock clock_;
  ctl_test::ScriptedTerminal terminal_;

  jwtauthd::KeyRoom room(jwt::Algorithm algorithm = jwt::Algorithm::es256) {
    return {files_.directory(), {600s, 86400s}, algorithm, clock_};
  }
  tokens::KeyManifest manifest() { return files_.directory().read().value(); }
  std::string active() { return manifest().active(clock_.now())->kid; }
  bool has_file(const std::string& kid) { return !files_.read(files_.directory().key_path(kid)).empty(); }
  void done(ExitCode code) { CPPUNIT_ASSERT_MESSAGE(terminal_.errors, code == ExitCode::ok); }
  void refused(ExitCode code, const std::string& why) {
    CPPUNIT_ASSERT(code == ExitCode::refused);
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors, terminal_.errors.find(why) != std::string::npos);
    terminal_.errors.clear();
  }

 public:
  void the_first_key_signs_at_once() {
    done(generate_first_key(room(), {}, terminal_));
    CPPUNIT_ASSERT(manifest().find(active())->signs_from == clock_.now());
    CPPUNIT_ASSERT(has_file(active()));
    refused(generate_first_key(room(), {}, terminal_), "has a key");
  }

  void beside_a_secret_the_first_key_is_published_first() {
    done(generate_first_key(room(jwt::Algorithm::hs256), {}, terminal_));
    CPPUNIT_ASSERT(manifest().active(clock_.now()) == nullptr);
    CPPUNIT_ASSERT(manifest().next(clock_.now())->signs_from == clock_.now() + 600s);
    CPPUNIT_ASSERT(manifest().next(clock_.now())->algorithm == jwt::Algorithm::es256);
    clock_.advance(600s);
    done(rotate_to_secret(room(jwt::Algorithm::hs256), false, terminal_));
    clock_.advance(600s);
    CPPUNIT_ASSERT(manifest().active(clock_.now())->is_secret());
    refused(rotate_to_secret(room(), false, terminal_), "no HS*");
  }

  void rotate_publishes_and_then_signs() {
    done(generate_first_key(room(), {}, terminal_));
    const std::string first = active();
    done(rotate_keys(room(), {.algorithm = jwt::Algorithm::eddsa}, terminal_));
    CPPUNIT_ASSERT_EQUAL(first, active());
    clock_.advance(600s);
    CPPUNIT_ASSERT(first != active());
    CPPUNIT_ASSERT(manifest().find(active())->algorithm == jwt::Algorithm::eddsa);
    CPPUNIT_ASSERT(manifest().find(first)->verifies_until == clock_.now() + 86400s + 600s);
  }

  void rotate_takes_one_at_a_time_and_hastens() {
    done(generate_first_key(room(), {}, terminal_));
    done(rotate_keys(room(), {}, terminal_));
    const std::string next = manifest().next(clock_.now())->kid;
    refused(rotate_keys(room(), {}, terminal_), "published already");
    done(rotate_keys(room(), {.now = true}, terminal_));
    CPPUNIT_ASSERT_EQUAL(next, active());
    done(rotate_keys(room(), {.now = true}, terminal_));
    CPPUNIT_ASSERT(next != active());
  }

  void the_key_that_signs_is_retired_only_for_another_one() {
    done(generate_first_key(room(), {}, terminal_));
    const std::string first = active();
    refused(retire_key(room(), first, false, terminal_), "no other key does yet");
    refused(retire_key(room(), "nobody", false, terminal_), "no key nobody");
    done(retire_key(room(), first, true, terminal_));
    const std::string second = active();
    CPPUNIT_ASSERT(first != second);
    refused(retire_key(room(), first, true, terminal_), "retired already");
    // The next one is published: it is the one to sign.
    done(rotate_keys(room(), {}, terminal_));
    const std::string next = manifest().next(clock_.now())->kid;
    done(retire_key(room(), second.substr(0, 12), true, terminal_));
    CPPUNIT_ASSERT_EQUAL(next, active());
  }

  void a_retired_key_leaves_no_file() {
    done(generate_first_key(room(), {}, terminal_));
    const std::string first = active();
    done(rotate_keys(room(), {.now = true}, terminal_));
    done(retire_key(room(), first, false, terminal_));
    CPPUNIT_ASSERT(!has_file(first));
    // By time: a worker whose clock is behind has it for a while.
    const std::string second = active();
    done(rotate_keys(room(), {.now = true}, terminal_));
    clock_.advance(87000s);
    done(rotate_keys(room(), {.now = true}, terminal_));
    CPPUNIT_ASSERT(has_file(second));
    clock_.advance(600s);
    done(rotate_keys(room(), {.now = true}, terminal_));
    CPPUNIT_ASSERT(!has_file(second));
    CPPUNIT_ASSERT(manifest().find(second) != nullptr);
  }

  void a_line_of_history_that_goes_takes_its_file_along() {
    done(generate_first_key(room(), {}, terminal_));
    std::vector<std::string> kids{active()};
    for (int i = 0; i < 52; ++i) {
      clock_.advance(2h);  // each ends in time; many are over at the end, and none was retired by hand
      done(rotate_keys(room(), {.now = true}, terminal_));
      kids.push_back(active());
    }
    clock_.advance(86400s + 600s + 300s);  // all but the last are over, by less than publish_ahead
    const std::string last = active();
    done(rotate_keys(room(), {.now = true}, terminal_));
    CPPUNIT_ASSERT(has_file(last));
    clock_.advance(48h);
    done(rotate_keys(room(), {.now = true}, terminal_));
    for (const auto& kid : kids) {
      CPPUNIT_ASSERT_MESSAGE("a file without a line", manifest().find(kid) != nullptr || !has_file(kid));
    }
  }

  void a_retirement_tells_what_no_worker_can_open() {
    done(generate_first_key(room(), {}, terminal_));
    const std::string first = active();
    done(rotate_keys(room(), {.now = true}, terminal_));
    const std::string second = active();
    done(rotate_keys(room(), {.now = true}, terminal_));
    CPPUNIT_ASSERT_EQUAL(std::string(), terminal_.errors);
    chmod(files_.directory().key_path(second).c_str(), 0644);
    done(retire_key(room(), first, false, terminal_));
    CPPUNIT_ASSERT(manifest().find(first)->retired_at);
    CPPUNIT_ASSERT_MESSAGE(
        terminal_.errors,
        terminal_.errors.find("Warning: no worker takes the keys over: ") != std::string::npos &&
            terminal_.errors.find(second) != std::string::npos);
  }

  void each_change_is_told_once_with_its_key() {
    std::string heard;
    auto house = room();
    house.told = [&](store::AuditKind kind, const std::string& kid) {
      heard += std::string(name(kind)) + (manifest().find(kid) != nullptr ? " " : " unknown ");
    };
    done(generate_first_key(house, {}, terminal_));
    const std::string first = active();
    done(rotate_keys(house, {}, terminal_));
    done(rotate_keys(house, {.now = true}, terminal_));
    done(retire_key(house, first, false, terminal_));
    done(retire_key(house, active(), true, terminal_));
    CPPUNIT_ASSERT_EQUAL(
        std::string("key_generated key_rotated key_rotated key_retired key_retired key_rotated "), heard);
    refused(retire_key(house, first, false, terminal_), "retired already");
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, static_cast<std::size_t>(std::ranges::count(heard, ' ')));
  }

  void a_key_file_moves_in() {
    const std::string path = files_.path() + "/old.pem";
    done(jwtauthd::generate_key_file(path, jwt::Algorithm::es256, terminal_));
    refused(jwtauthd::generate_key_file(path, jwt::Algorithm::es256, terminal_), "File exists");
    const std::string kid = crypto::AsymmetricKey::from_pem(files_.read(path))->thumbprint();
    done(import_key(room(), path, {}, terminal_));
    CPPUNIT_ASSERT_EQUAL(kid, active());
    refused(import_key(room(), path, {}, terminal_), "was here before");
  }

  void refuses_to_import_what_no_worker_would_open() {
    const std::string path = files_.path() + "/x.pem";
    refused(import_key(room(), path, {}, terminal_), "cannot read");
    done(jwtauthd::generate_key_file(path, jwt::Algorithm::es256, terminal_));
    refused(import_key(room(), path, {.algorithm = jwt::Algorithm::rs256}, terminal_), "not of the type");
    ::chmod(path.c_str(), 0644);
    refused(import_key(room(), path, {}, terminal_), "has mode 0644");
    ::chmod(path.c_str(), 0600);
    files_.write(path, crypto::AsymmetricKey::from_pem(files_.read(path))->public_pem());
    refused(import_key(room(), path, {}, terminal_), "public key");
    files_.write(path, "junk");
    refused(import_key(room(), path, {}, terminal_), path);
    CPPUNIT_ASSERT(manifest().empty());
  }

  void exports_no_private_key() {
    for (const auto algorithm : {jwt::Algorithm::es256, jwt::Algorithm::eddsa, jwt::Algorithm::ps256}) {
      done(generate_first_key(room(), {.algorithm = algorithm, .now = true}, terminal_) == ExitCode::ok
               ? ExitCode::ok
               : rotate_keys(room(), {.algorithm = algorithm, .now = true}, terminal_));
      terminal_.errors.clear();
    }
    terminal_.output.clear();
    done(export_public(room(), active(), false, terminal_));
    CPPUNIT_ASSERT(terminal_.output.starts_with("-----BEGIN PUBLIC KEY-----"));
    terminal_.output.clear();
    done(export_public(room(), "", true, terminal_));
    const auto set = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set.get("keys")->size());
    for (std::size_t i = 0; i < 3; ++i) {
      for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "k"}) {
        CPPUNIT_ASSERT_MESSAGE(member, !set.get("keys")->at(i).has(member));
      }
      for (const char* member : {"kty", "kid", "use", "alg"}) {
        CPPUNIT_ASSERT_MESSAGE(member, set.get("keys")->at(i).has(member));
      }
    }
    refused(export_public(room(), "nobody", false, terminal_), "no such key");
  }

  void says_what_to_do_next() {
    const auto says = [&](const jwtauthd::KeyRoom& room, const std::string& part) {
      const auto ahead = outlook(room, manifest());
      const std::string all = ahead.state + " " + ahead.advice;
      CPPUNIT_ASSERT_MESSAGE(all, all.find(part) != std::string::npos);
    };
    const auto secret = room(jwt::Algorithm::hs256);
    says(room(), "keys generate");
    says(secret, "keys generate");
    done(generate_first_key(secret, {}, terminal_));
    says(secret, "Next is");
    clock_.advance(600s);
    says(secret, "Tokens are signed by ");
    clock_.advance(90000s);
    says(secret, "set tokens.algorithm to ES256");
    clock_.advance(24h * 400);
    says(room(), "over a year");
    done(list_keys(room(), false, terminal_));
    CPPUNIT_ASSERT(terminal_.output.find("active") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeysTest);

}  // namespace
