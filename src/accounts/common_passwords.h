// A list of passwords that everybody knows, in one buffer with a flat hash table over it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace accounts {

class CommonPasswords {
 public:
  /// Knows none.
  CommonPasswords() = default;
  /// One password a line, in lower case. A line that is `#` or begins with `# ` is a comment; white
  /// space around a password does not count.
  explicit CommonPasswords(std::string text);
  /// Throws util::Outage when the file cannot be read.
  static CommonPasswords read(const std::string& path);

  bool contains(std::string_view password) const noexcept;
  std::size_t size() const noexcept { return size_; }

 private:
  /// Index of the slot that holds `password`, or of the free one where it would go.
  std::size_t slot(std::string_view password) const noexcept;

  std::string text_;                  // stripped, each with a newline behind it
  std::vector<std::uint32_t> slots_;  // open addressing: 1 + offset in text_, 0 is free
  std::size_t size_ = 0;
};

}  // namespace accounts
