#include "api/metadata.h"

#include <string>

#include "json/writer.h"

namespace api {
namespace {

std::string_view type_name(Field::Type type) {
  switch (type) {
    case Field::Type::email:
      return "email";
    case Field::Type::integer:
      return "integer";
    case Field::Type::datetime:
      return "datetime";
    case Field::Type::words:
      return "list";
    case Field::Type::string:
      break;
  }
  return "string";
}

std::string describe_field(const Field& field) {
  std::string out;
  json::Object object(out);
  object.field("type", type_name(field.type))
      .field("required", field.required)
      .field("read_only", field.read_only)
      .field("label", field.label);
  if (!field.help_text.empty()) object.field("help_text", field.help_text);
  if (field.max_length > 0) object.field("max_length", static_cast<std::int64_t>(field.max_length));
  object.close();
  return out;
}

std::string describe_actions(const Resource& resource, const ApiOptions& options) {
  std::string actions;
  json::Object by_method(actions);
  bool any = false;
  for (const Route* row : resource.rows) {
    const auto fields = row->fields(options);
    if (fields.empty()) continue;
    std::string form;
    json::Object object(form);
    for (const Field& field : fields) object.raw(field.name, describe_field(field));
    object.close();
    by_method.raw(row->method, form);
    any = true;
  }
  by_method.close();
  return any ? actions : std::string();
}

}  // namespace

http::Response describe(const Resource& resource, const ApiOptions& options) {
  const Route& first = *resource.rows.front();
  http::Response response;
  json::Object object(response.body);
  object.field("name", first.name)
      .field("description", first.description)
      .raw("renders", R"(["application/json"])")
      .raw("parses", R"(["application/json","application/x-www-form-urlencoded","multipart/form-data"])");
  if (const auto actions = describe_actions(resource, options); !actions.empty())
    object.raw("actions", actions);
  object.close();
  return response;
}

}  // namespace api
