// One row of the table of routes. The 405 `Allow` header, OPTIONS, metrics labels, the OpenAPI document
// and the test that calls every protected row without a token come from the rows.
#pragma once

#include <string_view>

#include "http/request.h"
#include "http/response.h"
#include "tokens/bearer.h"

namespace api {

struct Services;

/// Who may call a row.
enum class Access {
  open,    // anyone; an Authorization header is not looked at
  bearer,  // a valid access token of an active user
};

/// Where a row may run, and so what it may wait for (daemon/ has the threads).
enum class Lane {
  token,     // memory only
  database,  // SQL
  password,  // a password hash, and SQL
};

/// nginx's limit_req zones and the throttle table go by these names.
enum class Throttle { none, login, registration, refresh };

/// What a handler is given beside the services.
struct Context {
  const http::Request& request;
  const tokens::Principal* principal;  // set on Access::bearer rows, else nullptr
};

using Handler = http::Response (*)(Services&, const Context&);

struct Route {
  std::string_view method;
  std::string_view path;  // exact, with its trailing slash where it has one
  Access access;
  Lane lane;
  Throttle throttle;
  Handler handler;
  std::string_view name;         // what OPTIONS calls the view
  std::string_view description;
};

}  // namespace api
