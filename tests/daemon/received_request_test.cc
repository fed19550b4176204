#include "daemon/received_request.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "fastcgi/harness.h"

namespace {

using fcgi_client::Params;
using jwtauthd::ReceivedRequest;

constexpr std::size_t max_body = 100;

class ConstantRandom final : public util::Random {
 public:
  void fill(std::span<unsigned char> out) override {
    for (auto& byte : out) byte = 0xab;
  }
};

class ReceivedRequestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReceivedRequestTest);
  CPPUNIT_TEST(each_parameter_has_its_place);
  CPPUNIT_TEST(ill_formed_traceparent_is_none);
  CPPUNIT_TEST(absent_parameters_are_empty);
  CPPUNIT_TEST(request_ids_that_could_forge_a_log_line_are_replaced);
  CPPUNIT_TEST(body_is_whole_or_not_there);
  CPPUNIT_TEST_SUITE_END();

  /// What `tell` says of the request that a listener made of these.
  template <typename Tell>
  static std::string received(const Params& params, std::string_view body, Tell tell) {
    ConstantRandom random;
    fcgi_client::Served served([&](std::unique_ptr<fastcgi::Call> call) {
      ReceivedRequest request(std::move(call), max_body, random);
      const std::string text = tell(request.request());
      request.call().answer(text);
    });
    auto client = served.connect();
    return client.ask(params, body).value().out;
  }

 public:
  void each_parameter_has_its_place() {
    const Params params{{"REQUEST_METHOD", "POST"},
                        {"DOCUMENT_URI", "/a b"},
                        {"QUERY_STRING", "c=%20d"},
                        {"CONTENT_TYPE", "text/x"},
                        {"HTTP_AUTHORIZATION", "Bearer e"},
                        {"HTTP_ACCEPT", "*/*"},
                        {"REQUEST_ID", "0123456789abcdef"},
                        {"REMOTE_ADDR", "192.0.2.1"},
                        {"HTTP_USER_AGENT", "curl/8"},
                        {"HTTP_COOKIE", "f=g; h"},
                        {"HTTP_X_CSRF_TOKEN", "0f"},
                        {"HTTP_HOST", "h.example"},
                        {"HTTP_ORIGIN", "https://o.example"},
                        {"HTTP_SEC_FETCH_SITE", "cross-site"},
                        {"HTTP_TRACEPARENT", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
                        {"HTTP_X_REQUEST_ID", "not-this-one"},
                        {"HTTP_PROXY", "nor this"}};
    const auto told = received(params, "{}", [](const http::Request& r) {
      std::string all;
      for (const auto view :
           {r.method, r.path, r.query, r.content_type, r.authorization, r.accept, r.request_id, r.client,
            r.user_agent, r.cookie, r.csrf_token, r.host, r.origin, r.fetch_site, r.trace, r.span, r.body}) {
        all += std::string(view) + "\n";
      }
      return all;
    });
    CPPUNIT_ASSERT_EQUAL(
        std::string("POST\n/a b\nc=%20d\ntext/x\nBearer e\n*/*\n0123456789abcdef\n"
                    "192.0.2.1\ncurl/8\nf=g; h\n0f\nh.example\nhttps://o.example\ncross-site\n"
                    "4bf92f3577b34da6a3ce929d0e0e4736\n00f067aa0ba902b7\n{}\n"),
        told);
  }

  void ill_formed_traceparent_is_none() {
    const auto told =
        received({{"HTTP_TRACEPARENT", "00-4bf92f3577b34da6a3ce929d0e0e4736\n-00f067aa0ba902b7-01"}}, {},
                 [](const http::Request& r) { return std::string(r.trace) + std::string(r.span); });
    CPPUNIT_ASSERT_EQUAL(std::string(), told);
  }

  void absent_parameters_are_empty() {
    const auto told = received({}, {}, [](const http::Request& r) {
      return std::to_string(r.method.size() + r.path.size() + r.query.size() + r.content_type.size() +
                            r.authorization.size() + r.accept.size() + r.client.size() + r.user_agent.size() +
                            r.cookie.size() + r.csrf_token.size() + r.host.size() + r.origin.size() +
                            r.fetch_site.size() + r.body.size());
    });
    CPPUNIT_ASSERT_EQUAL(std::string("0"), told);
  }

  void request_ids_that_could_forge_a_log_line_are_replaced() {
    const struct {
      std::string given;
      bool kept;
    } table[] = {
        {"0123456789abcdef0123456789abcdef", true},
        {"A.b_c-12", true},
        {std::string(64, 'x'), true},
        {"", false},
        {"1234567", false},
        {std::string(65, 'x'), false},
        {"12345678 level=error", false},
        {"12345678\nforged", false},
        {"12345678\x1b[31m", false},
        {"12345678\xc3\xa9", false},
        {"12345678\"", false},
    };
    for (const auto& row : table) {
      const auto told = received({{"REQUEST_ID", row.given}}, {},
                                 [](const http::Request& r) { return std::string(r.request_id); });
      std::string expected = row.given;
      if (!row.kept) {
        expected.clear();
        for (int i = 0; i < 16; ++i) expected += "ab";
      }
      CPPUNIT_ASSERT_EQUAL(expected, told);
    }
  }

  void body_is_whole_or_not_there() {
    for (const std::size_t size : {0UL, 1UL, max_body, max_body + 1, 200000UL}) {
      const auto told = received({}, std::string(size, 'b'), [](const http::Request& r) {
        return std::string(r.body_too_large ? "too large " : "") + std::to_string(r.body.size());
      });
      CPPUNIT_ASSERT_EQUAL(size > max_body ? std::string("too large 0") : std::to_string(size), told);
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(ReceivedRequestTest);
