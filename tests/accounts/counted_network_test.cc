#include <cppunit/extensions/HelperMacros.h>

#include "accounts/throttle.h"

namespace {

class CountedNetworkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CountedNetworkTest);
  CPPUNIT_TEST(networks_are_what_one_customer_has);
  CPPUNIT_TEST_SUITE_END();

 public:
  void networks_are_what_one_customer_has() {
    const struct {
      const char* address;
      const char* network;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:DB8:1:2::9", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::9", "2001:db8:1:3::/64"},
        {"::1", "::/64"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"192.0.2.7:80", ""},
        {"192.0.2", ""},
        {"", ""},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.address, std::string(row.network),
                                   accounts::counted_network(row.address));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CountedNetworkTest);

}  // namespace
