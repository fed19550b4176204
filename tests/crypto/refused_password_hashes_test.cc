#include <cppunit/extensions/HelperMacros.h>
#include <time.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "cheap_hashes.h"
#include "django_encodings.h"

namespace {

using cheap_hashes::cheap;
using cheap_hashes::password;
using crypto::Hasher;
using crypto::PasswordHashes;
using crypto::PasswordParams;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Work>
double cpu_of(Work work) {
  const double start = cpu_seconds();
  work();
  return cpu_seconds() - start;
}

/// How many times the work of `other` `work` is: the least of each, by turns, since a neighbour on the caches
/// takes its share of either.
template <typename Work, typename Other>
double times(Work work, Other other) {
  double least = 1e9;
  double least_of_other = 1e9;
  for (int i = 0; i < 15; ++i) {
    least = std::min(least, cpu_of(work));
    least_of_other = std::min(least_of_other, cpu_of(other));
  }
  return least / least_of_other;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

class RefusedPasswordHashesTest : public cheap_hashes::Fixture {
  CPPUNIT_TEST_SUITE(RefusedPasswordHashesTest);
  CPPUNIT_TEST(refuses_every_malformed_variant);
  CPPUNIT_TEST(refuses_hashes_that_would_cost_too_much);
  CPPUNIT_TEST(an_unusable_password_matches_nothing);
  CPPUNIT_TEST(a_cheap_hash_is_not_told_by_a_fast_refusal);
  CPPUNIT_TEST(an_older_hash_is_not_told_by_a_slow_refusal);
  CPPUNIT_TEST_SUITE_END();

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
      const double share = times([&] { CPPUNIT_ASSERT(!hashes.verify("wrong", row.stored).matched); },
                                 [&] { hashes.decoy(password); });
      CPPUNIT_ASSERT_MESSAGE(row.stored, share > 0.6);
    }
  }

  /// Half of what is configured, and the other half: not that and a whole one.
  void an_older_hash_is_not_told_by_a_slow_refusal() {
    const struct {
      Hasher configured;
      std::string stored;
    } rows[] = {
        {Hasher::pbkdf2_sha256, "pbkdf2_sha256$25000$seasalt$7uPyO44geqCt/Nv3ztly1adSqh5hHCYtGPDoMYOOBWU="},
        {Hasher::argon2id, "argon2$argon2id$v=19$m=2048,t=2,p=1$c29tZXNhbHQxMjM0$ttBJjDdUMS63nQskJJxmvg"},
    };
    for (const auto& row : rows) {
      PasswordParams params;
      params.hasher = row.configured;
      params.pbkdf2_iterations = 50'000;
      params.argon2_memory_kib = 4096;
      const PasswordHashes hashes(params, random_);
      hashes.decoy(password);
      const double share = times([&] { CPPUNIT_ASSERT(!hashes.verify("wrong", row.stored).matched); },
                                 [&] { hashes.decoy(password); });
      CPPUNIT_ASSERT_MESSAGE(row.stored, share > 0.7);
      CPPUNIT_ASSERT_MESSAGE(row.stored, share < 1.35);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RefusedPasswordHashesTest);

}  // namespace
