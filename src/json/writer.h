// Writes compact JSON straight into a string: for the answers of the hot path, where a tree of
// Values would cost an allocation a member.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace json {

/// Appends `text`, which must be UTF-8, with quotes and escapes: those that Python's json needs, and
/// U+2028 and U+2029, as DRF does. The rest goes out raw.
void append_quoted(std::string& out, std::string_view text);

/// `["…","…"]`.
std::string array_of(std::span<const std::string> texts);

/// One flat object: Object(out).field("id", 7).field("name", "x").close();
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  Object& field(std::string_view key, std::string_view text);
  /// A template, so that neither a string literal nor an int is taken for a bool.
  template <std::integral Number>
  Object& field(std::string_view key, Number number) {
    if constexpr (std::same_as<Number, bool>) {
      return raw(key, number ? "true" : "false");
    } else {
      return integer(key, static_cast<std::int64_t>(number));
    }
  }
  /// `raw` is JSON already.
  Object& raw(std::string_view key, std::string_view raw);
  void close() { out_ += '}'; }

 private:
  Object& integer(std::string_view key, std::int64_t number);
  void key(std::string_view key);
  std::string& out_;
  bool first_ = true;
};

}  // namespace json
