#include "api/form.h"

#include <cstdio>
#include <utility>

#include "http/body.h"
#include "json/value.h"
#include "json/writer.h"
#include "util/unicode.h"

namespace api {
namespace {

http::Response not_an_object(const json::Value& body) {
  const std::string message = body.is(json::Type::null)
                                  ? "No data provided"
                                  : "Invalid data. Expected a dictionary, but got " +
                                        std::string(json::python_name(body.type())) + ".";
  http::Response response;
  response.status = 400;
  response.body = R"({"non_field_errors":[)";
  json::append_quoted(response.body, message);
  response.body += "]}";
  return response;
}

/// With a space between.
std::optional<std::string> joined(const json::Value& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const json::Value word = words.at(i);
    if (!word.is(json::Type::string) || word.as_string().find(' ') != std::string_view::npos)
      return std::nullopt;
    if (i > 0) text += ' ';
    text += word.as_string();
  }
  return text;
}

/// CharField takes strings and numbers; a boolean, a list or an object is an error.
std::optional<std::string> text_of(const json::Value& value, Field::Type type) {
  if (type == Field::Type::words && value.is(json::Type::array)) return joined(value);
  switch (value.type()) {
    case json::Type::string:
      return std::string(util::unicode::strip(value.as_string()));
    case json::Type::integer:
    case json::Type::real:
      return value.number_text();
    default:
      return std::nullopt;
  }
}

std::string surrogate_message(char16_t half) {
  char message[64];
  std::snprintf(message, sizeof message, "Surrogate characters are not allowed: U+%04X.", unsigned{half});
  return message;
}

}  // namespace

std::optional<std::string> Form::take(std::string_view name) {
  for (auto& value : values_) {
    if (value.name == name) return std::string(value.text.reveal());
  }
  return std::nullopt;
}

void Form::refuse_lone_surrogates() {
  for (const auto& value : values_) {
    if (value.lone_surrogate) errors.add(value.name, surrogate_message(*value.lone_surrogate));
  }
}

void Form::refuse_odd_characters() {
  for (const auto& value : values_) {
    if (value.text.reveal().find('\0') != std::string::npos)
      errors.add(value.name, "Null characters are not allowed.");
  }
  refuse_lone_surrogates();
}

util::Result<Form, http::Response> read_form(const http::Request& request, std::span<const Field> fields,
                                             Absent absent) {
  const auto body = http::read_body(request);
  if (!body) return util::unexpected(body.error());
  if (!body->is(json::Type::object)) return util::unexpected(not_an_object(*body));

  Form form;
  for (const Field& field : fields) {
    if (field.read_only) continue;
    const auto value = body->get(field.name);
    if (!value) {
      if (field.required && absent == Absent::is_an_error) {
        form.errors.add(field.name, "This field is required.");
      }
      continue;
    }
    if (value->is(json::Type::null)) {
      form.errors.add(field.name, "This field may not be null.");
      continue;
    }
    auto text = text_of(*value, field.type);
    if (!text) {
      form.errors.add(field.name, field.type == Field::Type::email ? "Enter a valid email address."
                                                                   : "Not a valid string.");
    } else if (text->empty() && field.required) {
      form.errors.add(field.name, "This field may not be blank.");
    } else {
      form.values_.push_back({field.name, util::Secret::take(std::move(*text)), value->lone_surrogate()});
    }
  }
  return form;
}

}  // namespace api
