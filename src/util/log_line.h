// One line of the log while it is put together, in each of its formats; inside util only.
#pragma once

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "util/log.h"

namespace util::log {

/// PIPE_BUF: a line is one atomic write, also where several processes share a pipe.
inline constexpr std::size_t kLineSize = 4096;

/// Text on the stack. What does not fit is left out, and three dots say so before the end.
class Line {
 public:
  explicit Line(std::string_view end) : end_(end), room_(kLineSize - 3 - end.size()) {}

  void push_back(char c) noexcept { append({&c, 1}); }
  void append(std::string_view text) noexcept {
    const std::size_t fits = std::min(text.size(), room_ - size_);
    text.copy(text_.data() + size_, fits);
    size_ += fits;
    cut_ = cut_ || fits < text.size();
  }
  /// Of which a part would mean something else: after what did not fit, nothing else does.
  void append_whole(std::string_view text) noexcept {
    if (text.size() <= room_ - size_) return append(text);
    cut_ = true;
    room_ = size_;
  }
  template <typename Format, typename... Args>
  void format(const Format& format, const Args&... args) {
    const auto result = fmt::format_to_n(text_.data() + size_, room_ - size_, format, args...);
    cut_ = cut_ || result.size > room_ - size_;
    size_ += std::min(result.size, room_ - size_);
  }
  std::string_view finish() noexcept {
    if (cut_) put("...");
    put(end_);
    return {text_.data(), size_};
  }

 private:
  void put(std::string_view text) noexcept {
    text.copy(text_.data() + size_, text.size());  // of nothing, too, which memcpy does not allow
    size_ += text.size();
  }

  std::array<char, kLineSize> text_;  // NOLINT: filled from the front, never read beyond size_
  std::string_view end_;
  std::size_t room_;
  std::size_t size_ = 0;
  bool cut_ = false;
};

template <typename Out>
void append_escaped(Out& out, char c) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('\\');
  switch (c) {
    case '"':
    case '\\':
      return out.push_back(c);
    case '\n':
      return out.push_back('n');
    case '\r':
      return out.push_back('r');
    case '\t':
      return out.push_back('t');
    default:
      out.push_back('x');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
  }
}

/// Foreign text between quotes, which belong to the caller.
template <typename Out>
void append_plain(Out& out, std::string_view text, std::size_t limit) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  const bool cut = text.size() > limit;
  text = text.substr(0, limit);
  while (!text.empty()) {
    const auto* end = std::find_if_not(text.begin(), text.end(), is_plain);
    const auto plain = static_cast<std::size_t>(end - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    append_escaped(out, text.front());
    text.remove_prefix(1);
  }
  if (cut) out.append(std::string_view("..."));
}

/// What a line says, without its end.
void append_event(Line& line, Format format, Level level, std::string_view text, const About& about) noexcept;
void append_access(Line& line, Format format, const Access& entry, unsigned sample) noexcept;

/// The ends of the two, which are there however long they are.
std::string_view event_end(Format format) noexcept;
std::string_view access_end(Format format) noexcept;

}  // namespace util::log
