// Value::dump and dump_indented: our own, since Jansson escapes and spells reals in other ways than Python.
#include <jansson.h>

#include "json/access.h"
#include "json/number.h"
#include "json/value.h"
#include "json/writer.h"

namespace json {
namespace {

class Dump {
 public:
  /// `spaces` < 0: everything on one line.
  Dump(std::string& out, int spaces) : out_(out), spaces_(spaces) {}

  void value(json_t* json) {
    switch (json_typeof(json)) {
      case JSON_OBJECT:
        return object(json);
      case JSON_ARRAY:
        return array(json);
      case JSON_STRING:
        return append_quoted(out_, text_of(json));
      case JSON_INTEGER:
        return append_integer(out_, json_integer_value(json));
      case JSON_REAL:
        return append_real(out_, json_real_value(json));
      case JSON_TRUE:
        out_ += "true";
        return;
      case JSON_FALSE:
        out_ += "false";
        return;
      case JSON_NULL:
        out_ += "null";
        return;
    }
  }

 private:
  void object(json_t* json) {
    if (json_object_size(json) == 0) {
      out_ += "{}";
      return;
    }
    out_ += '{';
    ++level_;
    for (void* it = json_object_iter(json); it != nullptr;) {
      line();
      append_quoted(out_, {json_object_iter_key(it), json_object_iter_key_len(it)});
      out_ += spaces_ < 0 ? ":" : ": ";
      value(json_object_iter_value(it));
      it = json_object_iter_next(json, it);
      if (it != nullptr) out_ += ',';
    }
    --level_;
    line();
    out_ += '}';
  }

  void array(json_t* json) {
    const std::size_t size = json_array_size(json);
    if (size == 0) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    ++level_;
    for (std::size_t i = 0; i < size; ++i) {
      if (i != 0) out_ += ',';
      line();
      value(json_array_get(json, i));
    }
    --level_;
    line();
    out_ += ']';
  }

  void line() {
    if (spaces_ < 0) return;
    out_ += '\n';
    out_.append(level_ * static_cast<std::size_t>(spaces_), ' ');
  }

  std::string& out_;
  int spaces_;
  std::size_t level_ = 0;
};

}  // namespace

std::string Value::dump() const {
  std::string out;
  Dump(out, -1).value(json_);
  return out;
}

std::string Value::dump_indented(int spaces) const {
  std::string out;
  Dump(out, spaces < 0 ? 0 : spaces).value(json_);
  return out;
}

}  // namespace json
