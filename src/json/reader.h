// JSON as Python's json module (its C scanner, strict) reads it, sentence for sentence.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json/access.h"

namespace json {

/// One pass over `text`, which must be UTF-8 and nested at most `depth` deep. Recursive.
class Reader {
 public:
  Reader(std::string_view text, std::size_t depth) : text_(text), depth_(depth) {}
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// The tree, or null: then error() is Python's sentence.
  JsonPtr read();
  const std::string& error() const noexcept { return error_; }

 private:
  JsonPtr value();
  JsonPtr array();
  JsonPtr object();
  JsonPtr number();
  JsonPtr constant(std::string_view name);
  JsonPtr string_value();

  /// From behind the opening quote to behind the closing one; the text is in text_ or in unescaped_.
  std::optional<std::string_view> string();
  bool escape(std::size_t opening_quote);
  std::optional<char16_t> hex4(std::size_t offset) const;

  void skip_space() noexcept;
  bool at(char c) const noexcept { return offset_ < text_.size() && text_[offset_] == c; }
  bool at(std::string_view word) const noexcept { return text_.substr(offset_, word.size()) == word; }
  bool enter(std::size_t bracket);
  std::nullptr_t fail(std::string_view sentence, std::size_t offset);

  std::string_view text_;
  std::size_t depth_;
  std::size_t offset_ = 0;
  std::string error_;
  std::string unescaped_;                   // of the string read last, if it had escapes
  std::optional<char16_t> lone_surrogate_;  // the first one of the string read last
};

}  // namespace json
