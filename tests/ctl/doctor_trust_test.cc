// What doctor says of the key sets of other issuers.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/asymmetric_key.h"
#include "ctl/doctor.h"

namespace {

using namespace jwtauthd;

class DoctorTrustTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DoctorTrustTest);
  CPPUNIT_TEST(says_nothing_where_nobody_is_trusted);
  CPPUNIT_TEST(counts_the_keys_that_can_be_used);
  CPPUNIT_TEST(tells_of_a_file_that_no_worker_takes);
  CPPUNIT_TEST(tells_of_a_key_that_is_passed_over);
  CPPUNIT_TEST_SUITE_END();

  std::string path_ = std::filesystem::temp_directory_path() / "jwtauthd-trust-XXXXXX";
  std::string key_ =
      crypto::AsymmetricKey::from_pem(crypto::AsymmetricKey::generate_pem(crypto::KeyType::p256).reveal())
          ->public_jwk();

  void put(const std::string& keys) { std::ofstream(path_) << R"({"keys":[)" << keys << "]}"; }

  std::string told(bool trusted = true) {
    config::Config config;
    if (trusted) config.trust.issuers.push_back({"https://other.example", "ours", path_, {}});
    doctor::Patient patient;
    patient.config = &config;
    doctor::Report report;
    doctor::check_trusted_issuers(patient, report);
    std::string text;
    for (const auto& found : report.findings())
      text += std::string(name(found.severity)) + ": " + found.text + "\n";
    return text;
  }

  void has(const std::string& part) {
    const std::string text = told();
    CPPUNIT_ASSERT_MESSAGE(text, text.find(part) != std::string::npos);
  }

 public:
  void setUp() override {
    const int fd = mkstemp(path_.data());
    CPPUNIT_ASSERT(fd >= 0);
    close(fd);
  }
  void tearDown() override { std::filesystem::remove(path_); }

  void says_nothing_where_nobody_is_trusted() { CPPUNIT_ASSERT_EQUAL(std::string(), told(false)); }

  void counts_the_keys_that_can_be_used() {
    put(key_);
    CPPUNIT_ASSERT_EQUAL(std::string("ok: The keys of https://other.example: 1 key can be used.\n"), told());
  }

  void tells_of_a_file_that_no_worker_takes() {
    put(R"({"kty":"oct","k":"c2VjcmV0"})");
    has("problem: The keys of https://other.example cannot be used");
    std::ofstream(path_) << "<html>";
    has("problem: The keys of https://other.example cannot be used");
    put(key_);
    chmod(path_.c_str(), 0666);
    has("which lets others change it");
    std::filesystem::remove(path_);
    has("problem: The keys of https://other.example cannot be taken");
  }

  void tells_of_a_key_that_is_passed_over() {
    put(key_ + R"(,{"kty":"EC","crv":"secp256k1","x":"AQ","y":"AQ","kid":"old"})");
    has("note: ");
    has("1 key can be used");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DoctorTrustTest);

}  // namespace
