#include "json/value.h"

#include <jansson.h>
#include <malloc.h>

#include <cassert>
#include <cmath>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <utility>

#include "json/access.h"
#include "json/number.h"
#include "util/secret.h"

namespace json {
namespace {

void wiping_free(void* block) {
  if (block == nullptr) return;
  util::wipe(block, malloc_usable_size(block));
  std::free(block);
}

}  // namespace

std::string_view text_of(const json_t* string) noexcept {
  std::string_view text(json_string_value(string), json_string_length(string));
  if (text.size() >= kSurrogateTail && text[text.size() - kSurrogateTail] == kSurrogateMark) {
    text.remove_suffix(kSurrogateTail);
  }
  return text;
}

Value::Value() noexcept : json_(json_null()) {}

Value Value::string(std::string_view text) {
  json_t* json = json_stringn(text.data(), text.size());
  if (json == nullptr) throw std::invalid_argument("json::Value::string: not UTF-8");
  return Value(json);
}

Value Value::integer(std::int64_t number) {
  return Access::adopt(or_throw(json_integer(number)));
}

Value Value::real(double number) {
  if (!std::isfinite(number)) throw std::invalid_argument("json::Value::real: not finite");
  return Access::adopt(or_throw(json_real(number)));
}

Value Value::boolean(bool b) {
  return Value(json_boolean(b));
}
Value Value::array() {
  return Access::adopt(or_throw(json_array()));
}
Value Value::array(std::span<const std::string> texts) {
  Value array = Value::array();
  for (const auto& text : texts) array.append(Value::string(text));
  return array;
}
Value Value::object() {
  return Access::adopt(or_throw(json_object()));
}

Value::Value(const Value& other) noexcept : json_(json_incref(other.json_)) {}
Value::Value(Value&& other) noexcept : json_(std::exchange(other.json_, json_null())) {}
Value& Value::operator=(Value other) noexcept {
  std::swap(json_, other.json_);
  return *this;
}
Value::~Value() {
  json_decref(json_);
}

Type Value::type() const noexcept {
  switch (json_typeof(json_)) {
    case JSON_OBJECT:
      return Type::object;
    case JSON_ARRAY:
      return Type::array;
    case JSON_STRING:
      return Type::string;
    case JSON_INTEGER:
      return Type::integer;
    case JSON_REAL:
      return Type::real;
    case JSON_TRUE:
    case JSON_FALSE:
      return Type::boolean;
    case JSON_NULL:
      break;
  }
  return Type::null;
}

bool Value::as_boolean() const noexcept {
  assert(is(Type::boolean));
  return json_is_true(json_);
}

std::int64_t Value::as_integer() const noexcept {
  assert(is(Type::integer));
  return json_integer_value(json_);
}

double Value::as_real() const noexcept {
  assert(is(Type::real) || is(Type::integer));
  return json_number_value(json_);
}

std::string_view Value::as_string() const noexcept {
  assert(is(Type::string));
  return is(Type::string) ? text_of(json_) : std::string_view();
}

std::optional<char16_t> Value::lone_surrogate() const noexcept {
  if (!is(Type::string)) return std::nullopt;
  const std::string_view whole(json_string_value(json_), json_string_length(json_));
  const std::size_t text = text_of(json_).size();
  if (text == whole.size()) return std::nullopt;
  const auto high = static_cast<unsigned char>(whole[text + 1]);
  const auto low = static_cast<unsigned char>(whole[text + 2]);
  return static_cast<char16_t>(high << 8 | low);
}

std::string Value::number_text() const {
  std::string text;
  if (is(Type::integer)) append_integer(text, as_integer());
  if (is(Type::real)) append_real(text, as_real());
  return text;
}

std::size_t Value::size() const noexcept {
  return json_is_array(json_) ? json_array_size(json_) : json_object_size(json_);
}

Value Value::at(std::size_t index) const {
  json_t* member = json_array_get(json_, index);
  assert(member != nullptr);
  return member == nullptr ? Value() : Value(json_incref(member));
}

void Value::append(Value member) {
  assert(is(Type::array));
  json_array_append(json_, member.json_);
}

std::optional<Value> Value::get(std::string_view key) const {
  json_t* member = json_object_getn(json_, key.data(), key.size());
  if (member == nullptr) return std::nullopt;
  return Value(json_incref(member));
}

bool Value::has(std::string_view key) const noexcept {
  return json_object_getn(json_, key.data(), key.size()) != nullptr;
}

void Value::set(std::string_view key, Value member) {
  assert(is(Type::object));
  if (json_object_setn(json_, key.data(), key.size(), member.json_) != 0) {
    throw std::invalid_argument("json::Value::set: no object, or the key is not UTF-8");
  }
}

void Value::erase(std::string_view key) {
  json_object_deln(json_, key.data(), key.size());
}

void* Value::first() const noexcept {
  return json_object_iter(json_);
}
void* Value::next(void* iterator) const noexcept {
  return json_object_iter_next(json_, iterator);
}
std::string_view Value::key_of(void* iterator) noexcept {
  return {json_object_iter_key(iterator), json_object_iter_key_len(iterator)};
}
Value Value::value_of(void* iterator) noexcept {
  return Value(json_incref(json_object_iter_value(iterator)));
}

std::string_view python_name(Type type) noexcept {
  switch (type) {
    case Type::null:
      return "NoneType";
    case Type::boolean:
      return "bool";
    case Type::integer:
      return "int";
    case Type::real:
      return "float";
    case Type::string:
      return "str";
    case Type::array:
      return "list";
    case Type::object:
      return "dict";
  }
  return {};
}

void start() {
  json_set_alloc_funcs(std::malloc, wiping_free);
  json_object_seed(0);
}

}  // namespace json
