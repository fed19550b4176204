#include "router_house.h"

#include <memory>
#include <set>
#include <string>

#include "api/openapi.h"
#include "api/router.h"
#include "api/routes.h"
#include "json/parse.h"
#include "target.h"
#include "tests/api/house.h"
#include "util/unicode.h"

namespace fuzz {
namespace {

// What the stores in memory have gathered after so many inputs goes; one input must not depend on those long
// before it.
constexpr unsigned inputs_a_house = 64;
constexpr std::string_view password = "Zebra-quilt-77";

struct Standing {
  api_test::House house{api::everything()};
  std::string access;
  std::string refresh;
  std::string personal;
  unsigned inputs = 0;

  Standing() {
    house.add_user("ada", std::string(password));
    const auto login = house.send("POST", "/api/login/",
                                  R"({"username":"ada","password":")" + std::string(password) + "\"}");
    const auto pair = json::parse(login.body).value();
    access = pair.get("access")->as_string();
    refresh = pair.get("refresh")->as_string();
    const std::string bearer = "Bearer " + access;
    auto request = api_test::House::request("POST", "/api/tokens/", R"({"name":"fuzz","scopes":["read"]})");
    request.authorization = bearer;
    const auto made = json::parse(house.send(request).body).value();
    if (const auto token = made.get("token")) personal = token->as_string();
  }
};

Standing& standing() {
  static std::unique_ptr<Standing> now;
  if (now == nullptr || ++now->inputs > inputs_a_house) now = std::make_unique<Standing>();
  return *now;
}

std::string filled(std::string_view text, const Standing& house) {
  const std::pair<std::string_view, std::string_view> places[] = {{"{access}", house.access},
                                                                  {"{refresh}", house.refresh},
                                                                  {"{personal}", house.personal},
                                                                  {"{password}", password}};
  std::string out(text);
  for (const auto& [place, value] : places) {
    if (const auto at = out.find(place); at != std::string::npos) out.replace(at, place.size(), value);
  }
  return out;
}

/// Those of the OpenAPI document, and what it leaves out: 304 to a conditional request, the gateway's word to
/// nginx, an unknown ?format=, which is no path then.
std::set<int> documented(const api::Route& row) {
  static const json::Value document = api::openapi(api::everything());
  std::string method(row.method);
  for (char& c : method) c = static_cast<char>(c | 0x20);
  const auto operation = document.get("paths")->get(row.path)->get(method).value();
  std::set<int> statuses;
  operation.get("responses")->each([&](std::string_view status, const json::Value&) {
    statuses.insert(std::stoi(std::string(status)));
  });
  if (row.kind == api::Kind::view) statuses.insert(404);
  if (row.kind == api::Kind::probe) statuses.insert(304);
  if (row.path == "/gateway/") statuses.insert({400, 401, 403, 404});
  return statuses;
}

void check_status(const http::Request& request, const http::Response& response) {
  static const api::Router router(api::routes(), api::everything());
  const std::string told = std::string(request.method.substr(0, 20)) + " " +
                           std::string(request.path.substr(0, 200)) + " " + std::to_string(response.status);
  // A rule comes from nginx's configuration: 500 is the answer to one that nobody understands.
  if (response.status == 500 && request.path == "/gateway/" && !request.gateway_method.empty()) return;
  require(response.status != 500 && response.status != 503, "an answer that blames us", told);
  const auto match = router.match(request.path);
  if (match.resource == nullptr) return require(response.status == 404, "a path that is not there", told);
  const api::Route* const row = match.resource->row(request.method);
  if (row == nullptr) {  // OPTIONS, which tells of the view, and what is refused before the method is seen
    static const std::set<int> others{200, 301, 401, 403, 404, 405, 406};
    return require(others.contains(response.status), "an undocumented status", told);
  }
  if (match.slash_missing && response.status == 301) return;
  require(documented(*row).contains(response.status), "an undocumented status", told);
}

/// Status line and headers: lines with CRLF, each with a name, nothing of another's in between.
void check_head(std::string_view head) {
  require(head.starts_with("Status: "), "an answer without a status");
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    require(end != std::string_view::npos, "a header line without an end");
    const auto line = head.substr(0, end);
    const auto colon = line.find(": ");
    require(colon != 0 && colon != std::string_view::npos, "a header line without a name", line);
    for (const char c : line) {
      require(static_cast<unsigned char>(c) >= 0x20 || c == '\t', "a control character in a header", line);
    }
    head.remove_prefix(end + 2);
  }
}

void check_answer(const http::Request& request, const http::Response& response) {
  check_status(request, response);
  if (response.content_type == "application/json" && !response.body.empty()) {
    require(json::parse(response.body).has_value(), "a body that is no JSON", response.body);
  }
  std::string written;
  http::write(written, response, request.request_id, request.method == "HEAD");
  const auto end = written.find("\r\n\r\n");
  require(end != std::string::npos, "an answer without an end of its headers", written);
  check_head(std::string_view(written).substr(0, end + 2));
}

}  // namespace

void answer(http::Request request) {
  Standing& house = standing();
  const std::string authorization = filled(request.authorization, house);
  const std::string cookie = filled(request.cookie, house);
  const std::string body = filled(request.body, house);
  request.authorization = authorization;
  request.cookie = cookie;
  request.body = body;
  if (request.request_id.empty()) request.request_id = "fuzz-request";
  check_answer(request, house.house.send(request));
}

}  // namespace fuzz
