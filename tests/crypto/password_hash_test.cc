#include "crypto/password_hash.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cheap_hashes.h"
#include "django_encodings.h"
#include "tests/util/counting_random.h"

namespace {

using cheap_hashes::cheap;
using cheap_hashes::password;
using crypto::Hasher;
using crypto::PasswordHashes;
using crypto::PasswordParams;
using crypto::Verdict;

class PasswordHashTest : public cheap_hashes::Fixture {
  CPPUNIT_TEST_SUITE(PasswordHashTest);
  CPPUNIT_TEST(verifies_what_django_wrote);
  CPPUNIT_TEST(refuses_another_password_for_what_django_wrote);
  CPPUNIT_TEST(writes_as_django_does);
  CPPUNIT_TEST(every_encoding_has_a_salt_of_its_own);
  CPPUNIT_TEST(verifies_what_it_wrote);
  CPPUNIT_TEST(refuses_parameters_that_it_could_not_keep);
  CPPUNIT_TEST(bcrypt_does_not_stop_at_a_nul);
  CPPUNIT_TEST(many_threads_get_their_own_answers);
  CPPUNIT_TEST_SUITE_END();

  void verifies_what_django_wrote() {
    for (const auto& row : django_encodings::rows) {
      CPPUNIT_ASSERT_MESSAGE(row.encoded, matches(row.password, row.encoded));
    }
  }

  void refuses_another_password_for_what_django_wrote() {
    for (const auto& row : django_encodings::rows) {
      const std::string right = row.password;
      CPPUNIT_ASSERT_MESSAGE(row.encoded, !matches("x" + right, row.encoded));
      if (right.empty()) continue;
      CPPUNIT_ASSERT_MESSAGE(row.encoded, !matches(right.substr(0, right.size() - 1), row.encoded));
      CPPUNIT_ASSERT_MESSAGE(row.encoded, !matches("", row.encoded));
      std::string other = right;
      other.front() = static_cast<char>(other.front() ^ 0x20);
      CPPUNIT_ASSERT_MESSAGE(row.encoded, !matches(other, row.encoded));
    }
  }

  void writes_as_django_does() {
    const struct {
      Hasher hasher;
      const char* starts;
      std::size_t length;
    } rows[] = {
        {Hasher::argon2id, "argon2$argon2id$v=19$m=19456,t=2,p=1$", 103},
        {Hasher::scrypt, "scrypt$16384$", 128},
        {Hasher::pbkdf2_sha256, "pbkdf2_sha256$1000000$", 89},
    };
    for (const auto& row : rows) {
      PasswordParams params;
      params.hasher = row.hasher;
      const std::string encoded = PasswordHashes(params, random_).encode(password);
      CPPUNIT_ASSERT_EQUAL(std::string(row.starts), encoded.substr(0, std::string_view(row.starts).size()));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(encoded, row.length, encoded.size());
    }
    // With bytes 0 to 15 for a salt; argon2-cffi gives the same.
    util_test::CountingRandom counting;
    CPPUNIT_ASSERT_EQUAL(std::string("argon2$argon2id$v=19$m=64,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$"
                                     "zLjlGcPy1CPy5nNELJKzno+kfci3kwnnXtghLAY2x3E"),
                         PasswordHashes(cheap(Hasher::argon2id), counting).encode(password));
  }

  void every_encoding_has_a_salt_of_its_own() {
    for (const Hasher hasher : {Hasher::argon2id, Hasher::scrypt, Hasher::pbkdf2_sha256}) {
      const PasswordHashes hashes(cheap(hasher), random_);
      std::set<std::string> seen;
      for (int i = 0; i < 50; ++i) seen.insert(hashes.encode(password));
      CPPUNIT_ASSERT_EQUAL(std::size_t{50}, seen.size());
    }
  }

  void verifies_what_it_wrote() {
    const std::string passwords[] = {"",
                                     "a",
                                     password,
                                     std::string(72, 'x'),
                                     std::string(1000, 'y'),
                                     std::string("nul\0inside", 10),
                                     "\xc3\xa9\xe2\x98\x83"};
    for (const Hasher hasher : {Hasher::argon2id, Hasher::scrypt, Hasher::pbkdf2_sha256}) {
      const PasswordHashes hashes(cheap(hasher), random_);
      for (const std::string& text : passwords) {
        const std::string encoded = hashes.encode(text);
        const Verdict verdict = hashes.verify(text, encoded);
        CPPUNIT_ASSERT(verdict.matched && !verdict.upgrade);
        CPPUNIT_ASSERT(!hashes.verify(text + "x", encoded).matched);
      }
    }
  }

  void refuses_parameters_that_it_could_not_keep() {
    const auto refused = [&](auto change) {
      PasswordParams params;
      change(params);
      CPPUNIT_ASSERT_THROW(PasswordHashes(params, random_), std::invalid_argument);
    };
    refused([](PasswordParams& p) { p.argon2_parallelism = 2; });
    refused([](PasswordParams& p) { p.argon2_memory_kib = 7; });
    refused([](PasswordParams& p) { p.argon2_memory_kib = 1 << 20; });
    refused([](PasswordParams& p) { p.argon2_iterations = 0; });
    refused([](PasswordParams& p) { p.hasher = Hasher::pbkdf2_sha256, p.pbkdf2_iterations = 0; });
    refused([](PasswordParams& p) { p.hasher = Hasher::pbkdf2_sha256, p.pbkdf2_iterations = 10'000'001; });
    refused([](PasswordParams& p) { p.hasher = Hasher::scrypt, p.scrypt_n = 1000; });
    refused([](PasswordParams& p) { p.hasher = Hasher::scrypt, p.scrypt_r = 0; });
    refused([](PasswordParams& p) { p.hasher = Hasher::scrypt, p.scrypt_p = 0; });
    refused([](PasswordParams& p) { p.hasher = Hasher::scrypt, p.scrypt_n = 131072; });  // 129 characters
  }

  void bcrypt_does_not_stop_at_a_nul() {
    const std::string encoded = "bcrypt$$2b$04$RSvY97KnF3Ux2tFtQnYYrOeWbmnCeXBL3h.yJu5FCPDYqnkXNit9y";
    CPPUNIT_ASSERT(matches(password, encoded));
    CPPUNIT_ASSERT(!matches(password + '\0' + "x", encoded));
  }

  void many_threads_get_their_own_answers() {
    for (const Hasher hasher : {Hasher::pbkdf2_sha256, Hasher::argon2id}) {
      PasswordParams params = cheap(hasher);
      params.pbkdf2_iterations = 3000;
      const PasswordHashes hashes(params, random_, 2);
      CPPUNIT_ASSERT_EQUAL(2U, hashes.permits());
      CPPUNIT_ASSERT(hashes.useful_callers() >= 2);
      std::atomic<int> wrong = 0;
      std::vector<std::thread> threads;
      for (int t = 0; t < 12; ++t) {
        threads.emplace_back([&, t] {
          const std::string mine = password + std::to_string(t);
          for (int i = 0; i < 3; ++i) {
            const std::string encoded = hashes.encode(mine);
            if (!hashes.verify(mine, encoded).matched || hashes.verify(password, encoded).matched) ++wrong;
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      CPPUNIT_ASSERT_EQUAL(0, wrong.load());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PasswordHashTest);

}  // namespace
