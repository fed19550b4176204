#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "cheap_hashes.h"
#include "django_encodings.h"

namespace {

using cheap_hashes::cheap;
using cheap_hashes::password;
using crypto::Hasher;
using crypto::PasswordHashes;
using crypto::PasswordParams;
using crypto::Verdict;

class PasswordUpgradeTest : public cheap_hashes::Fixture {
  CPPUNIT_TEST_SUITE(PasswordUpgradeTest);
  CPPUNIT_TEST(a_weaker_hash_is_upgraded_and_none_is_lowered);
  CPPUNIT_TEST(between_families_guesses_become_no_cheaper);
  CPPUNIT_TEST(a_wrong_password_upgrades_nothing);
  CPPUNIT_TEST(bcrypt_of_a_long_password_is_verified_and_never_upgraded);
  CPPUNIT_TEST_SUITE_END();

  void a_weaker_hash_is_upgraded_and_none_is_lowered() {
    const auto write = [&](auto change) {
      PasswordParams params = cheap();
      change(params);
      return PasswordHashes(params, random_).encode(password);
    };
    const std::string pbkdf2_10 = write([](auto&) {});
    const std::string pbkdf2_9 = write([](auto& p) { p.pbkdf2_iterations = 9; });
    const std::string pbkdf2_11 = write([](auto& p) { p.pbkdf2_iterations = 11; });
    const auto scrypt = [&](unsigned n, unsigned r, unsigned p) {
      return write([=](auto& params) {
        params.hasher = Hasher::scrypt, params.scrypt_n = n, params.scrypt_r = r, params.scrypt_p = p;
      });
    };
    const auto argon2 = [&](unsigned kib, unsigned passes) {
      return write([=](auto& params) {
        params.hasher = Hasher::argon2id, params.argon2_memory_kib = kib, params.argon2_iterations = passes;
      });
    };
    const std::string md5 = "md5$393fMIqA0hM82T90RsIFHC$06a92cdacaed21f984fe45acc603e917";
    const std::string sha1 = "sha1$$debe81c162cc613a5a9d686ee4cfcb372271da64";
    const std::string bcrypt = "bcrypt$$2b$04$RSvY97KnF3Ux2tFtQnYYrOeWbmnCeXBL3h.yJu5FCPDYqnkXNit9y";
    const std::string pbkdf2_sha1 = "pbkdf2_sha1$2000$BOYLnGAAOcp83ng0DSp28Q$lD9e6Ouqa7K7ylgR2GI1T+dMCHU=";
    const std::string argon2i = "argon2$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHQxMjM0$ttBJjDdUMS63nQskJJxmvg";
    const struct {
      const char* why;
      Hasher configured;
      std::string stored;
      bool upgrade;
    } rows[] = {
        {"the same", Hasher::pbkdf2_sha256, pbkdf2_10, false},
        {"an iteration less", Hasher::pbkdf2_sha256, pbkdf2_9, true},
        {"an iteration more is not lowered", Hasher::pbkdf2_sha256, pbkdf2_11, false},
        {"a digest", Hasher::pbkdf2_sha256, md5, true},
        {"a digest", Hasher::pbkdf2_sha256, sha1, true},
        {"SHA-1, but dearer to guess", Hasher::pbkdf2_sha256, pbkdf2_sha1, false},
        {"bcrypt, but dearer to guess", Hasher::pbkdf2_sha256, bcrypt, false},
        {"scrypt is not lowered", Hasher::pbkdf2_sha256, scrypt(16, 1, 1), false},
        {"Argon2 is not lowered", Hasher::pbkdf2_sha256, argon2(64, 1), false},
        {"PBKDF2 for scrypt", Hasher::scrypt, pbkdf2_9, true},
        {"PBKDF2, but dearer to guess", Hasher::scrypt, pbkdf2_10, false},
        {"the same", Hasher::scrypt, scrypt(16, 1, 1), false},
        {"half of N", Hasher::scrypt, scrypt(8, 1, 1), true},
        {"twice N is not lowered", Hasher::scrypt, scrypt(32, 1, 1), false},
        {"less memory but more work is not lowered", Hasher::scrypt, scrypt(8, 1, 4), false},
        {"Argon2 is not lowered", Hasher::scrypt, argon2(64, 1), false},
        {"PBKDF2 for Argon2", Hasher::argon2id, pbkdf2_11, true},
        {"scrypt for Argon2", Hasher::argon2id, scrypt(32, 1, 1), true},
        {"Argon2i, but with more work", Hasher::argon2id, argon2i, false},
        {"the same", Hasher::argon2id, argon2(64, 1), false},
        {"less memory", Hasher::argon2id, argon2(32, 1), true},
        {"more memory is not lowered", Hasher::argon2id, argon2(65, 1), false},
        {"more passes are not lowered", Hasher::argon2id, argon2(64, 2), false},
        {"less memory but more work is not lowered", Hasher::argon2id, argon2(32, 3), false},
    };
    for (const auto& row : rows) {
      const Verdict verdict = PasswordHashes(cheap(row.configured), random_).verify(password, row.stored);
      CPPUNIT_ASSERT_MESSAGE(row.stored, verdict.matched);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.why + (": " + row.stored), row.upgrade, verdict.upgrade);
    }
  }

  void between_families_guesses_become_no_cheaper() {
    const std::string salt = "$abcdefghijklmnopqrstuv$";
    const std::string hash(43, 'A');
    const auto pbkdf2 = [&](int count) {
      return "pbkdf2_sha256$" + std::to_string(count) + salt + hash + "=";
    };
    const auto bcrypt = [](int cost) {
      return "bcrypt_sha256$$2b$" + std::to_string(cost) +
             "$RSvY97KnF3Ux2tFtQnYYrOeWbmnCeXBL3h.yJu5FCPDYqnkXNit9y";
    };
    const std::string scrypt = "scrypt$16384" + salt + "8$5$" + std::string(86, 'A') + "==";
    PasswordParams defaults;  // Argon2id
    PasswordParams cheap_argon2;
    cheap_argon2.argon2_memory_kib = 8;
    PasswordParams django_3_2;
    django_3_2.hasher = Hasher::pbkdf2_sha256, django_3_2.pbkdf2_iterations = 260000;
    PasswordParams django_5_2 = django_3_2;
    django_5_2.pbkdf2_iterations = 1000000;
    const struct {
      const char* why;
      PasswordParams configured;
      std::string stored;
      bool upgrade;
    } rows[] = {
        {"PBKDF2 at OWASP's least", defaults, pbkdf2(600000), true},
        {"PBKDF2 with more work than our Argon2id", defaults, pbkdf2(1000000), false},
        {"Django's scrypt", defaults, scrypt, true},
        {"Argon2id of 8 KiB", cheap_argon2, pbkdf2(10000000), false},
        {"Argon2id of 8 KiB", cheap_argon2, pbkdf2(1000), false},
        {"Argon2id of 8 KiB for bcrypt", cheap_argon2, bcrypt(10), false},
        {"Argon2id for bcrypt at OWASP's least", defaults, bcrypt(10), true},
        {"Argon2id for Django's bcrypt", defaults, bcrypt(12), false},
        {"PBKDF2 for Django's bcrypt", django_3_2, bcrypt(12), false},
        {"PBKDF2 for Django's bcrypt", django_5_2, bcrypt(12), false},
        {"PBKDF2 for bcrypt that was cheaper", django_5_2, bcrypt(10), true},
        {"PBKDF2 with SHA-1", django_3_2, "pbkdf2_sha1$260000" + salt + "lD9e6Ouqa7K7ylgR2GI1T+dMCHU=", true},
        {"a digest", cheap_argon2, "md5$393fMIqA0hM82T90RsIFHC$06a92cdacaed21f984fe45acc603e917", true},
    };
    for (const auto& row : rows) {
      const auto found = PasswordHashes(row.configured, random_).inspect(row.stored);
      CPPUNIT_ASSERT_MESSAGE(row.stored, found.kind == crypto::Inspection::Kind::usable);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.why + (": " + row.stored), row.upgrade, found.upgrade);
    }
  }

  void a_wrong_password_upgrades_nothing() {
    const PasswordHashes hashes(cheap(Hasher::argon2id), random_);
    for (const auto& row : django_encodings::rows) {
      CPPUNIT_ASSERT_MESSAGE(row.encoded, !hashes.verify("wrong", row.encoded).upgrade);
    }
  }

  void bcrypt_of_a_long_password_is_verified_and_never_upgraded() {
    const std::string encoded = "bcrypt$$2b$04$JlG/gw6j3bPD85pR5Za9pulZLgtFhQ8.yopQEE.cLLMYcbvcs6pTa";
    PasswordParams params = cheap();
    params.pbkdf2_iterations = 10000;  // no cheaper to guess than bcrypt's 2^4
    const PasswordHashes hashes(params, random_);
    const Verdict whole = hashes.verify(std::string(72, 'a'), encoded);
    CPPUNIT_ASSERT(whole.matched && whole.upgrade);
    // Only the first 72 bytes are proven: to store a hash of all of it would let in what was never checked.
    const Verdict longer = hashes.verify(std::string(72, 'a') + "anything", encoded);
    CPPUNIT_ASSERT(longer.matched && !longer.upgrade);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PasswordUpgradeTest);

}  // namespace
