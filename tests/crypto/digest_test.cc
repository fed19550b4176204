#include "crypto/digest.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "util/encoding.h"

namespace {

using util::to_hex;

class DigestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DigestTest);
  CPPUNIT_TEST(digests_equal_fips_180);
  CPPUNIT_TEST(macs_equal_rfc_4231);
  CPPUNIT_TEST_SUITE_END();

  void digests_equal_fips_180() {
    CPPUNIT_ASSERT_EQUAL(std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                         to_hex(crypto::sha256("abc")));
    CPPUNIT_ASSERT_EQUAL(std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
                         to_hex(crypto::sha256("")));
    CPPUNIT_ASSERT_EQUAL(to_hex(crypto::sha256("abc")),
                         to_hex(crypto::digest(crypto::HashAlg::sha256, "abc")));
    CPPUNIT_ASSERT_EQUAL(std::string("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                                     "8086072ba1e7cc2358baeca134c825a7"),
                         to_hex(crypto::digest(crypto::HashAlg::sha384, "abc")));
    CPPUNIT_ASSERT_EQUAL(std::string("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
                         to_hex(crypto::digest(crypto::HashAlg::sha512, "abc")));
  }

  void macs_equal_rfc_4231() {
    const struct {
      std::string key;
      std::string data;
      const char* sha256;
      const char* sha384;
      const char* sha512;
    } rows[] = {
        {std::string(20, '\x0b'), "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
         "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
        // A key longer than the block of either.
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.sha256), to_hex(crypto::hmac_sha256(row.key, row.data)));
      CPPUNIT_ASSERT_EQUAL(std::string(row.sha256),
                           to_hex(crypto::hmac(crypto::HashAlg::sha256, row.key, row.data)));
      CPPUNIT_ASSERT_EQUAL(std::string(row.sha384),
                           to_hex(crypto::hmac(crypto::HashAlg::sha384, row.key, row.data)));
      CPPUNIT_ASSERT_EQUAL(std::string(row.sha512),
                           to_hex(crypto::hmac(crypto::HashAlg::sha512, row.key, row.data)));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DigestTest);

}  // namespace
