// A string that is wiped when it goes, and that no log call accepts.
#pragma once

#include <string>
#include <string_view>

namespace util {

/// Overwrites `size` bytes in a way that the compiler may not leave out.
void wipe(void* data, std::size_t size) noexcept;

/// Holds a password, a key or a token secret. Not copyable; moved-from and destroyed values are wiped.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) {}
  /// Takes the string over and wipes the caller's buffer.
  static Secret take(std::string&& text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret clone() const { return Secret(text_); }
  /// The only way to the bytes; valid while this object lives.
  std::string_view reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  std::size_t size() const noexcept { return text_.size(); }

 private:
  std::string text_;
};

/// True when both have the same bytes; the time depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace util
