#include "crypto/password_hash.h"

#include <cppunit/extensions/HelperMacros.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "django_encodings.h"
#include "util/random.h"

namespace {

using crypto::Hasher;
using crypto::PasswordHashes;
using crypto::PasswordParams;
using crypto::Verdict;

const std::string password = "Correct-horse-7battery";

/// Costs next to nothing, so that a decoy does not slow the tables down.
PasswordParams cheap(Hasher hasher = Hasher::pbkdf2_sha256) {
  PasswordParams params;
  params.hasher = hasher;
  params.pbkdf2_iterations = 10;
  params.argon2_memory_kib = 64;
  params.argon2_iterations = 1;
  params.scrypt_n = 16;
  params.scrypt_r = 1;
  params.scrypt_p = 1;
  return params;
}

class CountingRandom final : public util::Random {
 public:
  void fill(std::span<unsigned char> out) override {
    for (unsigned char& byte : out) byte = next_++;
  }

 private:
  unsigned char next_ = 0;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Work>
double least_cpu_of(Work work) {
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double start = cpu_seconds();
    work();
    least = std::min(least, cpu_seconds() - start);
  }
  return least;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

class PasswordHashTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PasswordHashTest);
  CPPUNIT_TEST(verifies_what_django_wrote);
  CPPUNIT_TEST(refuses_another_password_for_what_django_wrote);
  CPPUNIT_TEST(refuses_every_malformed_variant);
  CPPUNIT_TEST(refuses_hashes_that_would_cost_too_much);
  CPPUNIT_TEST(an_unusable_password_matches_nothing);
  CPPUNIT_TEST(writes_as_django_does);
  CPPUNIT_TEST(every_encoding_has_a_salt_of_its_own);
  CPPUNIT_TEST(verifies_what_it_wrote);
  CPPUNIT_TEST(refuses_parameters_that_it_could_not_keep);
  CPPUNIT_TEST(a_weaker_hash_is_upgraded_and_none_is_lowered);
  CPPUNIT_TEST(between_families_guesses_become_no_cheaper);
  CPPUNIT_TEST(a_wrong_password_upgrades_nothing);
  CPPUNIT_TEST(bcrypt_of_a_long_password_is_verified_and_never_upgraded);
  CPPUNIT_TEST(bcrypt_does_not_stop_at_a_nul);
  CPPUNIT_TEST(a_cheap_hash_is_not_told_by_a_fast_refusal);
  CPPUNIT_TEST(many_threads_get_their_own_answers);
  CPPUNIT_TEST_SUITE_END();

  util::SystemRandom random_;

  bool matches(std::string_view text, const std::string& encoded) {
    return PasswordHashes(cheap(), random_).verify(text, encoded).matched;
  }

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

  void refuses_every_malformed_variant() {
    const std::string pbkdf2 = "pbkdf2_sha256$1000$seasalt$KB6zxK3r3UVvoU/VcPiCAhCsSpFH7LGGDyLbZVnQsY0=";
    const std::string pbkdf2_sha1 = "pbkdf2_sha1$2000$BOYLnGAAOcp83ng0DSp28Q$lD9e6Ouqa7K7ylgR2GI1T+dMCHU=";
    const std::string argon2 = "argon2$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHQxMjM0$ttBJjDdUMS63nQskJJxmvg";
    const std::string scrypt =
        "scrypt$2$seasalt$1$1$YA8j0AIVrF2n0XihgGceaycwkCxFrckMnHvHFeZAkIwPyqlo5/"
        "nZcan5m9RtloPQ9coHGGOMCzoXMSDVH5aSsg==";
    const std::string bcrypt = "bcrypt$$2b$04$RSvY97KnF3Ux2tFtQnYYrOeWbmnCeXBL3h.yJu5FCPDYqnkXNit9y";
    const std::string sha1 = "sha1$cUdfkKPQjrEewlK0u0NPkS$5cb8acb6d068087633fc48c5f17f1950348a7844";
    const std::string md5 = "md5$393fMIqA0hM82T90RsIFHC$06a92cdacaed21f984fe45acc603e917";
    const struct {
      const char* why;
      std::string good;
      std::string bad;
    } rows[] = {
        {"an unknown scheme", pbkdf2, replaced(pbkdf2, "sha256", "sha512")},
        {"the scheme in capitals", pbkdf2, replaced(pbkdf2, "pbkdf2", "PBKDF2")},
        {"a space in front", pbkdf2, " " + pbkdf2},
        {"a line end behind", pbkdf2, pbkdf2 + "\n"},
        {"a NUL behind", pbkdf2, pbkdf2 + '\0'},
        {"the name alone", pbkdf2, "pbkdf2_sha256"},
        {"nothing behind the name", pbkdf2, "pbkdf2_sha256$"},
        {"no hash", pbkdf2, "pbkdf2_sha256$1000$seasalt"},
        {"an empty hash", pbkdf2, "pbkdf2_sha256$1000$seasalt$"},
        {"a fifth field", pbkdf2, pbkdf2 + "$x"},
        {"no iterations", pbkdf2, replaced(pbkdf2, "1000", "")},
        {"no iterations but zero", pbkdf2, replaced(pbkdf2, "1000", "0")},
        {"negative iterations", pbkdf2, replaced(pbkdf2, "1000", "-1000")},
        {"iterations with a plus", pbkdf2, replaced(pbkdf2, "1000", "+1000")},
        {"iterations with a leading zero", pbkdf2, replaced(pbkdf2, "1000", "01000")},
        {"iterations in hexadecimal", pbkdf2, replaced(pbkdf2, "1000", "0x3e8")},
        {"a blank among the iterations", pbkdf2, replaced(pbkdf2, "1000", "1000 ")},
        {"iterations beyond 32 bits, right modulo 2^32", pbkdf2, replaced(pbkdf2, "1000", "4294968296")},
        {"an empty salt", pbkdf2, replaced(pbkdf2, "seasalt", "")},
        {"hash without padding", pbkdf2, pbkdf2.substr(0, pbkdf2.size() - 1)},
        {"hash too short by a byte", pbkdf2, replaced(pbkdf2, "Y0=", "==")},
        {"hash with trailing bits", pbkdf2, replaced(pbkdf2, "Y0=", "Y1=")},
        {"hash in the URL's alphabet", pbkdf2, replaced(pbkdf2, "/", "_")},
        {"hash of SHA-256's length for SHA-1", pbkdf2_sha1, replaced(pbkdf2, "pbkdf2_sha256", "pbkdf2_sha1")},
        {"hash of SHA-1's length for SHA-256", pbkdf2, replaced(pbkdf2_sha1, "pbkdf2_sha1", "pbkdf2_sha256")},
        {"argon2d", argon2, replaced(argon2, "argon2i", "argon2d")},
        {"argon2id where it was argon2i", argon2, replaced(argon2, "argon2i", "argon2id")},
        {"no version", argon2, replaced(argon2, "v=19$", "")},
        {"another version", argon2, replaced(argon2, "v=19", "v=16")},
        {"parameters in another order", argon2, replaced(argon2, "m=512,t=2", "t=2,m=512")},
        {"a parameter missing", argon2, replaced(argon2, ",p=2", "")},
        {"a parameter too many", argon2, replaced(argon2, ",p=2", ",p=2,x=1")},
        {"no memory", argon2, replaced(argon2, "m=512", "m=0")},
        {"memory below 8 KiB a lane", argon2, replaced(argon2, "m=512", "m=15")},
        {"no passes", argon2, replaced(argon2, "t=2", "t=0")},
        {"no lanes", argon2, replaced(argon2, "p=2", "p=0")},
        {"a salt under 8 bytes", argon2, replaced(argon2, "c29tZXNhbHQxMjM0", "c29tZXM")},
        {"a salt with padding", argon2, replaced(argon2, "c29tZXNhbHQxMjM0", "c29tZXNhbHQxMjM=")},
        {"a hash under 16 bytes", argon2, argon2.substr(0, argon2.size() - 2)},
        {"a hash of impossible length", argon2, argon2 + "AAA"},
        {"more behind the hash", argon2, argon2 + "$x"},
        {"N that is no power of two", scrypt, replaced(scrypt, "$2$", "$3$")},
        {"N of one", scrypt, replaced(scrypt, "$2$", "$1$")},
        {"N of zero", scrypt, replaced(scrypt, "$2$", "$0$")},
        {"r of zero", scrypt, replaced(scrypt, "$1$1$", "$0$1$")},
        {"p of zero", scrypt, replaced(scrypt, "$1$1$", "$1$0$")},
        {"p missing", scrypt, replaced(scrypt, "$1$1$", "$1$")},
        {"an empty salt", scrypt, replaced(scrypt, "seasalt", "")},
        {"a hash of 32 bytes", scrypt, "scrypt$2$seasalt$1$1$" + std::string(43, 'A') + "="},
        {"one dollar before the version", bcrypt, replaced(bcrypt, "$$", "$")},
        {"something between the dollars", bcrypt, replaced(bcrypt, "$$", "$x$")},
        {"the variant with the sign bug", bcrypt, replaced(bcrypt, "2b", "2x")},
        {"no variant letter", bcrypt, replaced(bcrypt, "2b", "2")},
        {"a crypt(3) scheme that is not bcrypt", bcrypt, "bcrypt$$5$saltsalt$" + std::string(43, 'a')},
        {"cost of one digit", bcrypt, replaced(bcrypt, "$04$", "$4$")},
        {"cost below four", bcrypt, replaced(bcrypt, "$04$", "$03$")},
        {"cost with a sign", bcrypt, replaced(bcrypt, "$04$", "$+4$")},
        {"a character short", bcrypt, bcrypt.substr(0, bcrypt.size() - 1)},
        {"a character long", bcrypt, bcrypt + "y"},
        {"a character of plain base64", bcrypt, replaced(bcrypt, "h.y", "h+y")},
        {"bcrypt read as bcrypt_sha256", bcrypt, replaced(bcrypt, "bcrypt", "bcrypt_sha256")},
        {"SHA-1 in capitals", sha1, replaced(sha1, "5cb8acb6", "5CB8ACB6")},
        {"SHA-1 without its salt", sha1, replaced(sha1, "cUdfkKPQjrEewlK0u0NPkS", "")},
        {"SHA-1 with the salt's field missing", sha1, replaced(sha1, "$cUdfkKPQjrEewlK0u0NPkS", "")},
        {"SHA-1 a digit short", sha1, sha1.substr(0, sha1.size() - 1)},
        {"SHA-1 with a foreign digit", sha1, replaced(sha1, "5cb8", "5cbg")},
        {"MD5 under SHA-1's name", md5, replaced(md5, "md5", "sha1")},
        {"MD5 a digit long", md5, md5 + "0"},
        {"MD5 with the salt's field missing", md5, replaced(md5, "$393fMIqA0hM82T90RsIFHC", "")},
        {"nothing at all", md5, ""},
        {"a dollar", md5, "$"},
        {"the password itself", md5, password},
        {"longer than any column", md5, "md5$" + std::string(400, 's') + "$06a92cdacaed21f984fe45acc603e917"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_MESSAGE(row.why, row.good != row.bad);
      CPPUNIT_ASSERT_MESSAGE(row.why, matches(password, row.good));
      CPPUNIT_ASSERT_MESSAGE(row.why, !matches(password, row.bad));
    }
  }

  void refuses_hashes_that_would_cost_too_much() {
    const std::string hash_16 = "$c29tZXNhbHQxMjM0$ttBJjDdUMS63nQskJJxmvg";
    const std::string hash_32 = "$seasalt$" + std::string(43, 'A') + "=";
    const std::string hash_64 = std::string(86, 'A') + "==";
    const std::string bcrypt_tail(53, 'a');
    const std::string rows[] = {
        "pbkdf2_sha256$10000001" + hash_32,    // a count more than the bound
        "pbkdf2_sha256$4294967295" + hash_32,  // five minutes
        "pbkdf2_sha1$2000000000$seasalt$" + std::string(27, 'A') + "=",
        "argon2$argon2id$v=19$m=524289,t=1,p=1" + hash_16,             // 512 MiB and a bit
        "argon2$argon2id$v=19$m=4294967295,t=1,p=1" + hash_16,         // 4 TiB
        "argon2$argon2id$v=19$m=8,t=4294967295,p=1" + hash_16,         // little memory, for ever
        "argon2$argon2id$v=19$m=524288,t=9,p=1" + hash_16,             // both allowed, not together
        "argon2$argon2id$v=19$m=65536,t=1,p=256" + hash_16,            // lanes
        "scrypt$1073741824$seasalt$8$1$" + hash_64,                    // 1 TiB
        "scrypt$2147483648$seasalt$4294967295$4294967295$" + hash_64,  // products that overflow
        "scrypt$16384$seasalt$8$65$" + hash_64,                        // p
        "scrypt$2$seasalt$2097152$1$" + hash_64,                       // r
        "bcrypt$$2b$16$" + bcrypt_tail,
        "bcrypt_sha256$$2b$31$" + bcrypt_tail,  // a day and a half
    };
    const PasswordHashes hashes(cheap(), random_);
    for (const std::string& encoded : rows) {
      bool matched = true;
      const double start = cpu_seconds();
      matched = hashes.verify(password, encoded).matched;
      CPPUNIT_ASSERT_MESSAGE(encoded, !matched);
      // Any of them computed would take a second at least; refused, a decoy of ten iterations.
      CPPUNIT_ASSERT_MESSAGE(encoded, cpu_seconds() - start < 0.5);
    }
  }

  void an_unusable_password_matches_nothing() {
    for (const std::string text : {"", "!", django_encodings::unusable, password.c_str()}) {
      for (const std::string encoded : {"!", django_encodings::unusable})
        CPPUNIT_ASSERT(!matches(text, encoded));
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
    CountingRandom counting;
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

  void bcrypt_does_not_stop_at_a_nul() {
    const std::string encoded = "bcrypt$$2b$04$RSvY97KnF3Ux2tFtQnYYrOeWbmnCeXBL3h.yJu5FCPDYqnkXNit9y";
    CPPUNIT_ASSERT(matches(password, encoded));
    CPPUNIT_ASSERT(!matches(password + '\0' + "x", encoded));
  }

  void a_cheap_hash_is_not_told_by_a_fast_refusal() {
    const struct {
      Hasher configured;
      std::string stored;
    } rows[] = {
        {Hasher::pbkdf2_sha256, "pbkdf2_sha256$1$seasalt$7uPyO44geqCt/Nv3ztly1adSqh5hHCYtGPDoMYOOBWU="},
        {Hasher::pbkdf2_sha256, "md5$393fMIqA0hM82T90RsIFHC$06a92cdacaed21f984fe45acc603e917"},
        {Hasher::pbkdf2_sha256, "!"},
        {Hasher::pbkdf2_sha256, ""},
        {Hasher::argon2id, "pbkdf2_sha256$1$seasalt$7uPyO44geqCt/Nv3ztly1adSqh5hHCYtGPDoMYOOBWU="},
        {Hasher::argon2id, "argon2$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQxMjM0$ttBJjDdUMS63nQskJJxmvg"},
        {Hasher::scrypt, "sha1$$debe81c162cc613a5a9d686ee4cfcb372271da64"},
        {Hasher::scrypt, "scrypt$16384$seasalt$8$4294967295$x"},
    };
    for (const auto& row : rows) {
      PasswordParams params;
      params.hasher = row.configured;
      params.pbkdf2_iterations = 50'000;
      params.argon2_memory_kib = 4096;
      params.scrypt_n = 1024;
      const PasswordHashes hashes(params, random_);
      hashes.decoy(password);
      const double unknown = least_cpu_of([&] { hashes.decoy(password); });
      const double wrong = least_cpu_of([&] { CPPUNIT_ASSERT(!hashes.verify("wrong", row.stored).matched); });
      CPPUNIT_ASSERT_MESSAGE(row.stored, wrong > unknown * 0.6);
    }
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
