// The requests of jwtauthctl compare. None of them may be able to write, or to fail on a real account's
// behalf: a registration has no name, a login names somebody whom the column cannot hold, no token is
// one. Few go to each of the paths that nginx limits.
#include <algorithm>
#include <array>

#include "ctl/comparison.h"

namespace jwtauthd {
namespace {

constexpr std::string_view kRegister = "/api/register/";
constexpr std::string_view kLogin = "/api/login/";
constexpr std::string_view kToken = "/api/token/";  // simplejwt's documented path of a login
constexpr std::string_view kRefresh = "/api/token/refresh/";
constexpr std::string_view kVerify = "/api/token/verify/";
constexpr std::string_view kBlacklist = "/api/token/blacklist/";
constexpr std::string_view kDashboard = "/api/dashboard/";

constexpr std::pair<std::string_view, std::string_view> kJson{"Content-Type", "application/json"};
constexpr std::pair<std::string_view, std::string_view> kForm{"Content-Type",
                                                              "application/x-www-form-urlencoded"};
constexpr std::pair<std::string_view, std::string_view> kText{"Content-Type", "text/plain"};

// 160 characters: auth_user.username holds 150.
#define NOBODY                                                                       \
  "nobody nobody nobody nobody nobody nobody nobody nobody nobody nobody nobody no " \
  "nobody nobody nobody nobody nobody nobody nobody nobody nobody nobody nobody no!"
constexpr std::string_view kNobody = "{\"username\":\"" NOBODY "\",\"password\":\"not-a-password\"}";
constexpr std::string_view kGarbage = "abc.def.ghi";
constexpr std::string_view kUnsigned =
    "{\"token\":\"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.\"}";

const Deliberate kNotFound{"not-found-is-json", 404, "{\"detail\":\"Not found.\"}", "content-type vary"};
const Deliberate kNoBrowsableApi{"no-browsable-api", 200, "\"renders\":[\"application/json\"],", ""};
const Deliberate kNoRedirect{"no-redirect-of-post", 400, "This field is required.",
                             "allow content-type location vary x-frame-options"};

}  // namespace

std::span<const AddedHeader> added_headers() {
  static constexpr std::array kAdded{
      AddedHeader{"cross-origin-opener-policy", "same-origin", "Django 4.0 and later send it"},
      AddedHeader{"cache-control", "no-store", "answers that may carry a token (RFC 6749 section 5.1)"},
  };
  return kAdded;
}

std::span<const Resource> resources() {
  static constexpr std::array kResources{
      Resource{"register", kRegister},   Resource{"login", kLogin},   Resource{"token", kToken},
      Resource{"refresh", kRefresh},     Resource{"verify", kVerify}, Resource{"blacklist", kBlacklist},
      Resource{"dashboard", kDashboard},
  };
  return kResources;
}

std::string_view resource_of(const ComparedRequest& request) {
  const std::string_view first = request.name.substr(0, request.name.find('-'));
  const auto all = resources();
  const bool known =
      std::any_of(all.begin(), all.end(), [&](const Resource& one) { return one.name == first; });
  return known ? first : std::string_view();
}

const std::vector<ComparedRequest>& compared_requests() {
  static const std::vector<ComparedRequest> kRequests{
      // name, method, path, headers, body, deliberate
      {"register-empty", "POST", kRegister, {kJson}, "{}", {}},
      {"register-blank", "POST", kRegister, {kJson}, R"({"username":"","email":"","password":""})", {}},
      {"register-null", "POST", kRegister, {kJson}, R"({"username":null,"email":null,"password":null})", {}},
      {"register-types", "POST", kRegister, {kJson}, R"({"username":["a"],"email":{},"password":true})", {}},
      {"register-list", "POST", kRegister, {kJson}, "[1,2]", {}},
      {"register-malformed", "POST", kRegister, {kJson}, R"({"username": )", {}},
      {"register-text", "POST", kRegister, {kText}, "hello", {}},
      {"register-get", "GET", kRegister, {}, "", {}},
      {"register-options", "OPTIONS", kRegister, {}, "", kNoBrowsableApi},
      {"register-no-slash", "POST", "/api/register", {kJson}, "{}", kNoRedirect},

      {"login-empty", "POST", kLogin, {kJson}, "{}", {}},
      {"login-no-password", "POST", kLogin, {kJson}, "{\"username\":\"" NOBODY "\"}", {}},
      {"login-blank", "POST", kLogin, {kJson}, R"({"username":"","password":""})", {}},
      {"login-types", "POST", kLogin, {kJson}, R"({"username":[],"password":{}})", {}},
      {"login-nobody", "POST", kLogin, {kJson}, kNobody, {}},
      {"login-nobody-form", "POST", kLogin, {kForm}, "username=" NOBODY "&password=not-a-password", {}},
      {"login-malformed", "POST", kLogin, {kJson}, "{'username': 1}", {}},
      {"login-extra-data", "POST", kLogin, {kJson}, "{} {}", {}},
      {"login-text", "POST", kLogin, {kText}, "hello", {}},
      {"login-xml", "POST", kLogin, {kJson, {"Accept", "application/xml"}}, "{}", {}},
      {"login-get", "GET", kLogin, {}, "", {}},
      {"login-head", "HEAD", kLogin, {}, "", {}},
      {"login-put", "PUT", kLogin, {kJson}, "{}", {}},
      {"login-options", "OPTIONS", kLogin, {}, "", kNoBrowsableApi},
      {"login-no-slash", "POST", "/api/login", {kJson}, "{}", kNoRedirect},

      {"token-empty", "POST", kToken, {kJson}, "{}", {}},
      {"token-no-password", "POST", kToken, {kJson}, "{\"username\":\"" NOBODY "\"}", {}},
      {"token-nobody", "POST", kToken, {kJson}, kNobody, {}},
      {"token-malformed", "POST", kToken, {kJson}, "{", {}},
      {"token-get", "GET", kToken, {}, "", {}},
      {"token-options", "OPTIONS", kToken, {}, "", kNoBrowsableApi},
      {"token-no-slash", "POST", "/api/token", {kJson}, "{}", kNoRedirect},

      {"refresh-empty", "POST", kRefresh, {kJson}, "{}", {}},
      {"refresh-blank", "POST", kRefresh, {kJson}, R"({"refresh":""})", {}},
      {"refresh-null", "POST", kRefresh, {kJson}, R"({"refresh":null})", {}},
      {"refresh-number", "POST", kRefresh, {kJson}, R"({"refresh":5})", {}},
      {"refresh-garbage", "POST", kRefresh, {kJson}, R"({"refresh":"abc.def.ghi"})", {}},
      {"refresh-malformed", "POST", kRefresh, {kJson}, "{", {}},
      {"refresh-get", "GET", kRefresh, {}, "", {}},
      {"refresh-delete", "DELETE", kRefresh, {}, "", {}},
      {"refresh-options", "OPTIONS", kRefresh, {}, "", kNoBrowsableApi},
      {"refresh-no-slash", "POST", "/api/token/refresh", {kJson}, "{}", kNoRedirect},

      {"verify-empty", "POST", kVerify, {kJson}, "{}", {}},
      {"verify-garbage", "POST", kVerify, {kJson}, R"({"token":"abc.def.ghi"})", {}},
      {"verify-unsigned", "POST", kVerify, {kJson}, kUnsigned, {}},
      {"verify-get", "GET", kVerify, {}, "", {}},

      {"blacklist-empty", "POST", kBlacklist, {kJson}, "{}", {}},
      {"blacklist-null", "POST", kBlacklist, {kJson}, R"({"refresh":null})", {}},
      {"blacklist-garbage", "POST", kBlacklist, {kJson}, R"({"refresh":"abc.def.ghi"})", {}},
      {"blacklist-get", "GET", kBlacklist, {}, "", {}},

      {"dashboard-no-token", "GET", kDashboard, {}, "", {}},
      {"dashboard-bearer-alone", "GET", kDashboard, {{"Authorization", "Bearer"}}, "", {}},
      {"dashboard-three-words", "GET", kDashboard, {{"Authorization", "Bearer a b"}}, "", {}},
      {"dashboard-garbage", "GET", kDashboard, {{"Authorization", "Bearer abc.def.ghi"}}, "", {}},
      {"dashboard-other-scheme", "GET", kDashboard, {{"Authorization", "Basic eDp5"}}, "", {}},
      {"dashboard-bare-token", "GET", kDashboard, {{"Authorization", kGarbage}}, "", {}},
      {"dashboard-post", "POST", kDashboard, {kJson}, "{}", {}},
      {"dashboard-head", "HEAD", kDashboard, {}, "", {}},
      {"dashboard-options", "OPTIONS", kDashboard, {}, "", {}},
      {"dashboard-xml", "GET", kDashboard, {{"Accept", "application/xml"}}, "", {}},
      {"dashboard-no-slash", "GET", "/api/dashboard", {}, "", {}},

      {"unknown-path", "GET", "/api/jwtauthctl-compares-an-unknown-path/", {}, "", kNotFound},
      {"unknown-below", "GET", "/api/dashboard/jwtauthctl-compares", {}, "", kNotFound},
  };
  return kRequests;
}

}  // namespace jwtauthd
