#include <cppunit/extensions/HelperMacros.h>

#include "api/docs_page.h"
#include "api/house.h"
#include "api/openapi.h"
#include "api/routes.h"
#include "json/parse.h"

namespace {

using api_test::House;

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

json::Value a_document(std::string_view operation) {
  return json::parse(R"({"tags":[{"name":"T<"}],"paths":{"/p/{id}/":{"post":)" + std::string(operation) +
                     "}}}")
      .value();
}

class DocumentsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DocumentsTest);
  CPPUNIT_TEST(they_are_served_and_an_entity_tag_saves_the_body);
  CPPUNIT_TEST(the_schema_is_that_of_these_options);
  CPPUNIT_TEST(the_page_has_every_row);
  CPPUNIT_TEST(the_page_needs_nothing_that_its_policy_forbids);
  CPPUNIT_TEST(what_stands_in_the_document_is_escaped);
  CPPUNIT_TEST(a_line_for_curl_has_what_the_row_needs);
  CPPUNIT_TEST(a_site_with_another_word_before_the_token_is_told_so);
  CPPUNIT_TEST(a_site_may_hide_them);
  CPPUNIT_TEST_SUITE_END();

 public:
  void they_are_served_and_an_entity_tag_saves_the_body() {
    const struct {
      const char* path;
      std::string_view type;
    } rows[] = {{"/api/schema/", "application/json"},
                {"/api/docs/", "text/html; charset=utf-8"},
                {"/api/docs/docs.css", "text/css; charset=utf-8"}};
    House house;
    for (const auto& row : rows) {
      auto request = House::request("GET", row.path);
      request.accept = "text/html";
      const auto response = house.send(request);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.path, 200, response.status);
      CPPUNIT_ASSERT_EQUAL(row.type, response.content_type);
      CPPUNIT_ASSERT(!response.body.empty());
      CPPUNIT_ASSERT_EQUAL(std::string("public, max-age=300"), header(response, "Cache-Control"));
      const std::string tag = header(response, "ETag");
      request.if_none_match = tag;
      const auto saved = house.send(request);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.path, 304, saved.status);
      CPPUNIT_ASSERT(saved.body.empty());
    }
  }

  void the_schema_is_that_of_these_options() {
    for (const auto& options : {api::everything(), api::ApiOptions{.registration = false}}) {
      const auto told = json::parse(House(options).send("GET", "/api/schema/").body).value();
      CPPUNIT_ASSERT_EQUAL(api::openapi_document(options), told.dump_indented(2) + "\n");
    }
  }

  void the_page_has_every_row() {
    const auto page = House(api::everything()).send("GET", "/api/docs/").body;
    for (const auto& row : api::routes()) {
      const std::string title = "<span class=\"method\">" + std::string(row.method) + "</span> <code>" +
                                std::string(row.path) + "</code></h3>\n<p><strong>";
      CPPUNIT_ASSERT_MESSAGE(title, has(page, title));
      for (const auto& field : row.fields(api::everything())) {
        if (!field.read_only)
          CPPUNIT_ASSERT_MESSAGE(title, has(page, "<code>" + std::string(field.name) + "</code></th>"));
      }
    }
    // Each entry of the contents leads somewhere.
    std::size_t entries = 0;
    for (auto at = page.find("href=\"#"); at != std::string::npos; at = page.find("href=\"#", at + 1)) {
      const std::string id = page.substr(at + 7, page.find('"', at + 7) - at - 7);
      const auto target = page.find("id=\"" + id + "\"");
      CPPUNIT_ASSERT_MESSAGE(id, target != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(id, page.find("id=\"" + id + "\"", target + 1) == std::string::npos);
      ++entries;
    }
    CPPUNIT_ASSERT_EQUAL(api::routes().size(), entries);
  }

  void the_page_needs_nothing_that_its_policy_forbids() {
    const auto response = House().send("GET", "/api/docs/");
    CPPUNIT_ASSERT_EQUAL(std::string("default-src 'none'; style-src 'self'; base-uri 'none'; "
                                     "form-action 'none'; frame-ancestors 'none'"),
                         header(response, "Content-Security-Policy"));
    for (const char* forbidden :
         {"<script", "<style", " style=", " onclick=", "<img", "<form", "<base", "src="}) {
      CPPUNIT_ASSERT_MESSAGE(forbidden, !has(response.body, forbidden));
    }
    CPPUNIT_ASSERT(has(response.body, "<link rel=\"stylesheet\" href=\"docs.css\">"));
    CPPUNIT_ASSERT(!has(std::string(api::docs_style()), "url("));
  }

  void what_stands_in_the_document_is_escaped() {
    const std::string page =
        api::docs_page(a_document(R"({"tags":["T<"],"summary":"<script>","description":"a&b",
      "requestBody":{"content":{"application/json":{"schema":{"properties":
        {"\"'<f>":{"type":"<t>","description":"<d>"}}}}}},
      "responses":{"<s>":{"description":"<r>"}}})"));
    for (const char* raw : {"T<<", "<script", "a&b", "<f>", "<F>", "<t>", "<d>", "<s>", "<r>", "\"'"}) {
      CPPUNIT_ASSERT_MESSAGE(raw, !has(page, raw));
    }
    for (const char* told : {"T&lt;<", "&lt;script&gt;", "a&amp;b", "&quot;&#39;&lt;f&gt;", "&lt;t&gt;",
                             "&lt;d&gt;", "&lt;s&gt;", "&lt;r&gt;"}) {
      CPPUNIT_ASSERT_MESSAGE(told, has(page, told));
    }
  }

  void a_line_for_curl_has_what_the_row_needs() {
    const auto page = House(api::everything()).send("GET", "/api/docs/").body;
    for (
        const char* line : {
            R"(curl "$HOST/api/login/" -d username=USERNAME -d password=PASSWORD)",
            R"(curl -X POST "$HOST/api/logout/all/" -H "Authorization: Bearer $ACCESS")",
            R"(curl -X PATCH "$HOST/api/me/" -H "Authorization: Bearer $ACCESS" -d email=EMAIL -d first_name=FIRST_NAME -d last_name=LAST_NAME)",
            R"(curl -X DELETE "$HOST/api/sessions/id/" -H "Authorization: Bearer $ACCESS")",
            R"(curl -X DELETE "$HOST/api/me/" -H "Authorization: Bearer $ACCESS" -d password=PASSWORD)",
            R"(curl "$HOST/api/tokens/" -H "Authorization: Bearer $ACCESS" -d name=NAME)",
            R"(curl "$HOST/api/schema/")",
        }) {
      std::string shown = "<pre><code>";
      for (const char* c = line; *c != '\0'; ++c)
        shown += *c == '"' ? std::string("&quot;") : std::string(1, *c);
      CPPUNIT_ASSERT_MESSAGE(line, has(page, shown + "</code></pre>"));
    }
  }

  void a_site_with_another_word_before_the_token_is_told_so() {
    House house(api::ApiOptions{.scheme = "JWT"});
    CPPUNIT_ASSERT(has(house.send("GET", "/api/docs/").body, "Authorization: JWT $ACCESS"));
    const auto schema = json::parse(house.send("GET", "/api/schema/").body).value();
    const auto scheme = schema.get("components")->get("securitySchemes")->get("bearer");
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"http","scheme":"JWT"})"), scheme->dump());
  }

  void a_site_may_hide_them() {
    House house(api::ApiOptions{.docs = false});
    for (const char* path : {"/api/schema/", "/api/docs/", "/api/docs/docs.css"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, house.send("GET", path).status);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DocumentsTest);

}  // namespace
