// One row of the table of routes. The 405 `Allow` header, the answer to OPTIONS, the OpenAPI document
// and the test that calls every protected row without a token come from the rows.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "http/request.h"
#include "http/response.h"
#include "tokens/bearer.h"

namespace api {

struct ApiOptions;
struct Services;
struct JointRefresh;

/// Who may call a row.
enum class Access {
  open,     // anyone; an Authorization header is not looked at
  refresh,  // open; it is for who has a refresh token, which may come in a cookie
  bearer,   // a valid access token of an active user
};

/// Where a row may run, and so what it may wait for (daemon/ has the threads).
enum class Lane {
  token,     // memory only
  database,  // SQL
  refresh,   // SQL, together with others; where nothing rotates it is the token lane
  password,  // a password hash, and SQL
};

/// Views speak DRF: content negotiation, OPTIONS metadata. Probes are for machines and answer any Accept.
enum class Kind { view, probe };

/// A field of a request or an answer, as DRF's metadata tells it. The request reader works from the
/// same rows (api/form.h).
struct Field {
  enum class Type { string, email, integer, datetime, words };  // words: a list, or with spaces
  std::string_view name;
  Type type = Type::string;
  bool required = true;
  bool read_only = false;
  std::string_view label;
  std::string_view help_text;  // may be empty
  unsigned max_length = 0;     // code points; 0: not told
};

/// What a handler is given beside the services.
struct Context {
  const http::Request& request;
  Lane on;                             // where it runs
  const tokens::Principal* principal;  // set on Access::bearer rows, else nullptr
  std::string_view parameter = {};     // what stands in the path for {id}, where the row has it
  JointRefresh* joint = nullptr;       // set on Lane::refresh
};

/// Nothing: the answer needs the database and this is the token lane; or `joint` is begun and not settled.
using Handler = std::optional<http::Response> (*)(Services&, const Context&);

struct Route {
  std::string_view method;
  std::string_view path;  // exact, with its trailing slash where it has one; one segment may be {id}
  Kind kind;
  Access access;
  Lane lane;
  Handler handler;
  bool (*enabled)(const ApiOptions&);  // no: as if the row were not there
  int success;                         // status of the good answer
  /// The form's fields; they may depend on the configuration (is an e-mail required?).
  std::span<const Field> (*fields)(const ApiOptions&);
  std::string_view tag;   // the group under which it is documented
  std::string_view name;  // what OPTIONS calls the view
  std::string_view description;
};

}  // namespace api
