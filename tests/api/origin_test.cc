#include "api/origin.h"

#include <cppunit/extensions/HelperMacros.h>

#include "api/device.h"
#include "api/time_text.h"
#include "util/unicode.h"

namespace {

class OriginTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OriginTest);
  CPPUNIT_TEST(user_agents_are_text_of_at_most_255_characters);
  CPPUNIT_TEST(devices_have_the_names_that_their_users_know);
  CPPUNIT_TEST(times_are_written_as_drf_does);
  CPPUNIT_TEST_SUITE_END();

 public:
  void user_agents_are_text_of_at_most_255_characters() {
    const struct {
      std::string sent;
      std::string kept;
    } rows[] = {
        {"", ""},
        {"curl/8.5.0", "curl/8.5.0"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"a\r\nb\tc\x1b[31m\x7f"
         "d",
         "abc[31md"},
        {"a\xe2\x80\xae"
         "b\xe2\x80\xa8",
         "ab"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {std::string(300, 'x'), std::string(255, 'x')},
    };
    for (const auto& row : rows) {
      http::Request request;
      request.user_agent = row.sent;
      CPPUNIT_ASSERT_EQUAL(row.kept, api::origin_of(request).user_agent);
    }
    http::Request request;
    std::string long_one;
    for (int i = 0; i < 400; ++i) long_one += "\xf0\x9f\x98\x80";
    request.user_agent = long_one;
    CPPUNIT_ASSERT_EQUAL(std::size_t{255}, util::unicode::length(api::origin_of(request).user_agent));
  }

  void devices_have_the_names_that_their_users_know() {
    const struct {
      const char* user_agent;
      const char* device;
    } rows[] = {
        {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/126.0.0.0 Safari/537.36",
         "Chrome on Windows"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
         "Edge on Windows"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/17.5 Safari/605.1.15",
         "Safari on macOS"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "CriOS/126.0 Mobile/15E148 Safari/604.1",
         "Chrome on iPhone"},
        {"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 "
         "Chrome/121.0 Mobile Safari/537.36",
         "Samsung Internet on Android"},
        {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 "
         "Safari/537.36",
         "Chrome on ChromeOS"},
        {"curl/8.5.0", "curl"},
        {"okhttp/4.12.0", "okhttp"},
        {"MyApp/3 (iPad; iOS 17)", "MyApp on iPad"},
        {"Mozilla/5.0", ""},
        {"", ""},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.user_agent, std::string(row.device), api::device_name(row.user_agent));
    }
  }

  void times_are_written_as_drf_does() {
    const auto at = [](std::int64_t micros) {
      return api::time_text(util::TimePoint(std::chrono::microseconds(micros)));
    };
    CPPUNIT_ASSERT_EQUAL(std::string("2023-11-14T22:13:20Z"), at(1'700'000'000'000'000));
    CPPUNIT_ASSERT_EQUAL(std::string("2023-11-14T22:13:20.000001Z"), at(1'700'000'000'000'001));
    CPPUNIT_ASSERT_EQUAL(std::string("1969-12-31T23:59:59.500000Z"), at(-500'000));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OriginTest);

}  // namespace
