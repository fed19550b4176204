#include "api/openapi.h"

#include <initializer_list>
#include <set>
#include <utility>

#include "api/cookies.h"
#include "api/handlers.h"
#include "api/router.h"
#include "api/routes.h"
#include "json/value.h"

namespace api {
namespace {

using json::Value;

Value object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  Value out = Value::object();
  for (const auto& [key, value] : members) out.set(key, value);
  return out;
}

Value reference(std::string_view path) {
  return object({{"$ref", Value::string(path)}});
}

Value schema_of(Field::Type type) {
  const Value text = object({{"type", Value::string("string")}});
  switch (type) {
    case Field::Type::integer:
      return object({{"type", Value::string("integer")}});
    case Field::Type::email:
      return object({{"type", Value::string("string")}, {"format", Value::string("email")}});
    case Field::Type::datetime:
      return object({{"type", Value::string("string")}, {"format", Value::string("date-time")}});
    case Field::Type::words:
      return object({{"type", Value::string("array")}, {"items", text}});
    case Field::Type::string:
      break;
  }
  return text;
}

Value field_schema(const Field& field) {
  Value schema = schema_of(field.type);
  if (field.max_length > 0 && field.type != Field::Type::words)
    schema.set("maxLength", Value::integer(field.max_length));
  if (!field.help_text.empty()) schema.set("description", Value::string(field.help_text));
  return schema;
}

/// Of a change, any part will do.
Value form_schema(std::span<const Field> fields, bool partial) {
  Value properties = Value::object();
  Value required = Value::array();
  for (const Field& field : fields) {
    if (field.read_only) continue;
    properties.set(field.name, field_schema(field));
    if (field.required && !partial) required.append(Value::string(field.name));
  }
  return object({{"type", Value::string("object")}, {"properties", properties}, {"required", required}});
}

Value request_body(std::span<const Field> fields, bool partial) {
  const Value media = object({{"schema", form_schema(fields, partial)}});
  return object({{"required", Value::boolean(true)},
                 {"content", object({{"application/json", media},
                                     {"application/x-www-form-urlencoded", media},
                                     {"multipart/form-data", media}})}});
}

Value described(std::string_view text) {
  return object({{"description", Value::string(text)}});
}

Value error(std::string_view text, std::string_view schema) {
  const Value media = object({{"schema", reference(schema)}});
  return object({{"description", Value::string(text)}, {"content", object({{"application/json", media}})}});
}

bool takes_cookie(const Route& row, const ApiOptions& options) noexcept {
  return row.access == Access::bearer ? options.access_cookie
                                      : row.access == Access::refresh && options.cookies;
}

bool wants_csrf_token(const Route& row, const ApiOptions& options) noexcept {
  return takes_cookie(row, options) && !is_safe(row.method);
}

/// Any of them will do.
Value security(const Route& row, const ApiOptions& options) {
  const Value nothing = Value::array();
  Value ways = Value::array();
  if (row.access == Access::bearer) ways.append(object({{"bearer", nothing}}));
  if (row.access == Access::refresh) ways.append(Value::object());  // the token is in the body
  if (takes_cookie(row, options)) {
    ways.append(object({{row.access == Access::refresh ? "refresh_cookie" : "cookie", nothing}}));
  }
  return ways;
}

Value csrf_parameters() {
  Value parameters = Value::array();
  parameters.append(
      object({{"name", Value::string("X-CSRF-Token")},
              {"in", Value::string("header")},
              {"description", Value::string("Needed where a cookie has the token: the value of the cookie " +
                                            std::string(kCsrfCookie))},
              {"schema", object({{"type", Value::string("string")}})}}));
  return parameters;
}

Value responses(const Route& row, const ApiOptions& options, std::span<const Field> fields) {
  constexpr std::string_view detail = "#/components/schemas/Detail";
  const std::string status = std::to_string(row.success);
  Value out = object({{status, described("Done")}});
  if (!fields.empty()) {
    out.set("400", error("A field or the body is not right", "#/components/schemas/FieldErrors"));
    out.set("413", error("The body is over the limit", detail));
    out.set("415", error("No such media type", detail));
  }
  const bool names_a_user = row.access == Access::bearer || row.lane == Lane::password || !fields.empty();
  const bool registers = row.access == Access::open && row.success == 201;
  if (row.kind == Kind::view && names_a_user && !registers) {
    out.set("401", error("No valid token or credentials", detail));
  }
  if (wants_csrf_token(row, options)) {
    out.set("403", error("A cookie has the token, and X-CSRF-Token is missing or wrong", detail));
  }
  if (row.path.find('{') != std::string_view::npos) out.set("404", error("There is none", detail));
  if (row.handler == delete_me) out.set("409", error("Other data refers to this account", detail));
  if (row.kind == Kind::view) {
    out.set("406", error("The Accept header cannot be met", detail));
    out.set("429", error("Throttled; Retry-After says for how long", detail));
  }
  out.set("503", error("Not now; Retry-After says when", detail));
  return out;
}

Value operation(const Route& row, const ApiOptions& options) {
  const auto fields = row.fields(options);
  Value tags = Value::array();
  tags.append(Value::string(row.tag));
  Value out = object({{"tags", tags}, {"summary", Value::string(row.name)}});
  if (!row.description.empty()) out.set("description", Value::string(row.description));
  if (row.access != Access::open) out.set("security", security(row, options));
  if (wants_csrf_token(row, options)) out.set("parameters", csrf_parameters());
  if (!fields.empty()) out.set("requestBody", request_body(fields, row.method == "PATCH"));
  out.set("responses", responses(row, options, fields));
  return out;
}

/// Of a path such as /api/sessions/{id}/; nothing for one without.
std::optional<Value> path_parameters(std::string_view path) {
  const std::size_t open = path.find('{');
  if (open == std::string_view::npos) return std::nullopt;
  const std::string_view name = path.substr(open + 1, path.find('}') - open - 1);
  Value parameters = Value::array();
  parameters.append(object({{"name", Value::string(name)},
                            {"in", Value::string("path")},
                            {"required", Value::boolean(true)},
                            {"schema", object({{"type", Value::string("string")}})}}));
  return parameters;
}

Value cookie_scheme(std::string_view name) {
  return object(
      {{"type", Value::string("apiKey")}, {"in", Value::string("cookie")}, {"name", Value::string(name)}});
}

/// Where sites have another word before the token, it is no bearer scheme to those who read this.
Value bearer_scheme(std::string_view word) {
  const bool is_bearer = word == "Bearer";
  Value scheme =
      object({{"type", Value::string("http")}, {"scheme", Value::string(is_bearer ? "bearer" : word)}});
  if (is_bearer) scheme.set("bearerFormat", Value::string("JWT"));
  return scheme;
}

Value components(const ApiOptions& options) {
  const Value text = object({{"type", Value::string("string")}});
  const Value texts = object({{"type", Value::string("array")}, {"items", text}});
  Value detail =
      object({{"type", Value::string("object")}, {"properties", object({{"detail", text}, {"code", text}})}});
  Value field_errors = object({{"type", Value::string("object")}, {"additionalProperties", texts}});
  Value schemes = object({{"bearer", bearer_scheme(options.scheme)}});
  if (options.access_cookie) schemes.set("cookie", cookie_scheme(kAccessCookie));
  if (options.cookies) schemes.set("refresh_cookie", cookie_scheme(kRefreshCookie));
  return object({{"schemas", object({{"Detail", detail}, {"FieldErrors", field_errors}})},
                 {"securitySchemes", schemes}});
}

}  // namespace

ApiOptions everything() {
  ApiOptions options;
  options.blacklist = true;
  options.sessions = true;
  options.oauth = true;
  options.cookies = options.access_cookie = true;
  options.issuer = "https://issuer.example";  // with one, there is discovery
  return options;
}

Value openapi(const ApiOptions& options) {
  const Router router(routes(), options);
  Value paths = Value::object();
  Value tags = Value::array();
  std::set<std::string_view> told;
  for (const Resource* resource : router.resources()) {
    Value item = Value::object();
    if (const auto parameters = path_parameters(resource->path)) item.set("parameters", *parameters);
    for (const Route* row : resource->rows) {
      if (told.insert(row->tag).second) tags.append(object({{"name", Value::string(row->tag)}}));
      std::string method(row->method);
      for (char& c : method) c = static_cast<char>(c | 0x20);  // upper-case ASCII letters only
      item.set(method, operation(*row, options));
    }
    paths.set(resource->path, item);
  }
  return object({{"openapi", Value::string("3.1.0")},
                 {"info", object({{"title", Value::string("jwtauthd")}, {"version", Value::string("1")}})},
                 {"tags", tags},
                 {"paths", paths},
                 {"components", components(options)}});
}

std::string openapi_document(const ApiOptions& options) {
  return openapi(options).dump_indented(2) + "\n";
}

}  // namespace api
