// Writes compact JSON straight into a string: for the answers of the hot path, where a tree of
// Values would cost an allocation a member.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace json {

/// Appends `text` with quotes and escapes; valid UTF-8 goes out raw.
void append_quoted(std::string& out, std::string_view text);

/// One flat object: Object(out).field("id", 7).field("name", "x").close();
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  Object& field(std::string_view key, std::string_view text);
  Object& field(std::string_view key, std::int64_t number);
  Object& field(std::string_view key, bool b);
  /// `raw` is JSON already.
  Object& raw(std::string_view key, std::string_view raw);
  void close() { out_ += '}'; }

 private:
  void key(std::string_view key);
  std::string& out_;
  bool first_ = true;
};

}  // namespace json
