#include "api/well_known.h"

#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "json/parse.h"
#include "tokens/key_room.h"

namespace {

using namespace std::chrono_literals;

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

class WellKnownTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WellKnownTest);
  CPPUNIT_TEST(a_secret_is_not_published);
  CPPUNIT_TEST(the_public_keys_are_published_with_their_algorithm);
  CPPUNIT_TEST(an_entity_tag_saves_the_body);
  CPPUNIT_TEST(discovery_is_told_where_the_issuer_is_a_url);
  CPPUNIT_TEST(discovery_tells_what_there_is);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::KeyRoom room_;

 public:
  void a_secret_is_not_published() {
    api_test::House house;
    const auto response = house.send("GET", "/.well-known/jwks.json");
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"keys":[]})"), response.body);
    CPPUNIT_ASSERT(response.content_type == "application/jwk-set+json");
  }

  void the_public_keys_are_published_with_their_algorithm() {
    const util::TimePoint now = util::SystemClock().now();
    const std::string first = room_.add(now, now, {});
    const std::string second = room_.add(now, now + 600s, {}, jwt::Algorithm::ps512, crypto::KeyType::rsa);
    api_test::House house;
    tokens::KeyRingOptions options;
    options.directory = room_.path();
    const tokens::KeyRing keys = std::move(tokens::KeyRing::open(std::move(options)).value());
    const auto set = json::parse(jwt::public_jwk_set(keys.verifying_keys())).value();
    const auto member = [&](std::size_t i, std::string_view name) {
      return std::string(set.get("keys")->at(i).get(name)->as_string());
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, set.get("keys")->size());
    CPPUNIT_ASSERT_EQUAL(first, member(0, "kid"));
    CPPUNIT_ASSERT_EQUAL(second, member(1, "kid"));
    CPPUNIT_ASSERT_EQUAL(std::string("EC ES256 sig P-256"), member(0, "kty") + " " + member(0, "alg") + " " +
                                                                member(0, "use") + " " + member(0, "crv"));
    CPPUNIT_ASSERT_EQUAL(std::string("RSA PS512 AQAB"),
                         member(1, "kty") + " " + member(1, "alg") + " " + member(1, "e"));
    CPPUNIT_ASSERT(!set.get("keys")->at(0).has("d") && !set.get("keys")->at(1).has("d"));
  }

  void an_entity_tag_saves_the_body() {
    api_test::House house;
    auto request = house.request("GET", "/.well-known/jwks.json");
    request.accept = "text/plain";
    const auto response = house.send(request);
    const std::string tag = header(response, "ETag");
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT(tag.starts_with('"') && tag.ends_with('"'));
    CPPUNIT_ASSERT_EQUAL(std::string("public, max-age=300"), header(response, "Cache-Control"));
    for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
      request.if_none_match = known;
      const auto saved = house.send(request);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(known, 304, saved.status);
      CPPUNIT_ASSERT(saved.body.empty());
      CPPUNIT_ASSERT_EQUAL(tag, header(saved, "ETag"));
    }
    for (const std::string& other : {std::string("\"other\""), tag.substr(1), std::string(",")}) {
      request.if_none_match = other;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(other, 200, house.send(request).status);
    }
  }

  void discovery_is_told_where_the_issuer_is_a_url() {
    for (const char* issuer : {"https://id.example", "https://id.example/a/", "http://localhost:8080",
                               "http://127.0.0.1", "http://[::1]:80/"}) {
      CPPUNIT_ASSERT_MESSAGE(issuer, api::is_issuer_url(issuer));
    }
    for (const char* issuer : {"", "app", "https://", "http://id.example", "http://localhost.example",
                               "https://a?b", "https://a#b", "https://a b", "HTTPS://a"}) {
      CPPUNIT_ASSERT_MESSAGE(issuer, !api::is_issuer_url(issuer));
      api_test::House house(api::ApiOptions{.issuer = issuer});
      CPPUNIT_ASSERT_EQUAL(404, house.send("GET", "/.well-known/openid-configuration").status);
    }
  }

  void discovery_tells_what_there_is() {
    for (const bool oauth : {false, true}) {
      api_test::House house(api::ApiOptions{.oauth = oauth, .issuer = "https://id.example/"});
      const auto told = json::parse(house.send("GET", "/.well-known/openid-configuration").body).value();
      CPPUNIT_ASSERT(told.get("issuer")->as_string() == "https://id.example/");
      CPPUNIT_ASSERT(told.get("jwks_uri")->as_string() == "https://id.example/.well-known/jwks.json");
      CPPUNIT_ASSERT_EQUAL(std::string(R"(["HS256"])"),
                           told.get("id_token_signing_alg_values_supported")->dump());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, told.get("response_types_supported")->size());
      CPPUNIT_ASSERT_EQUAL(oauth, told.has("introspection_endpoint"));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WellKnownTest);

}  // namespace
