#include "accounts/common_passwords.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "util/error.h"
#include "util/unicode.h"

namespace accounts {
namespace {

struct Close {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

std::string whole_file(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  const auto failed = [&]() {
    return util::Outage("cannot read " + path + ": " + std::system_category().message(errno));
  };
  if (!file) throw failed();
  std::string text;
  char block[65536];
  while (const std::size_t size = std::fread(block, 1, sizeof block, file.get())) text.append(block, size);
  if (std::ferror(file.get()) != 0) throw failed();
  return text;
}

bool is_comment(std::string_view line) noexcept {
  return line == "#" || line.starts_with("# ");
}

}  // namespace

CommonPasswords::CommonPasswords(std::string text) : text_(std::move(text)) {
  if (text_.size() >= std::numeric_limits<std::uint32_t>::max()) {
    throw util::Outage("the list of common passwords is over 4 GiB");
  }
  text_ += '\n';
  const auto lines = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n'));
  slots_.resize(std::bit_ceil(lines + lines / 3 + 1));  // at most three quarters full
  std::size_t kept = 0;                                 // stripped lines move up over what was dropped
  for (std::size_t start = 0; start < text_.size();) {
    const std::string_view line = std::string_view(text_).substr(start, text_.find('\n', start) - start);
    start += line.size() + 1;
    const std::string_view password = is_comment(line) ? std::string_view() : util::unicode::strip(line);
    if (password.empty()) continue;
    std::uint32_t& entry = slots_[slot(password)];
    if (entry != 0) continue;
    entry = static_cast<std::uint32_t>(kept + 1);
    text_.replace(kept, password.size(), password);
    kept += password.size();
    text_[kept++] = '\n';
    ++size_;
  }
  text_.resize(kept);
  text_.shrink_to_fit();
}

CommonPasswords CommonPasswords::read(const std::string& path) {
  return CommonPasswords(whole_file(path));
}

std::size_t CommonPasswords::slot(std::string_view password) const noexcept {
  const std::string_view text = text_;
  const auto holds = [&](std::size_t offset) {
    return text.substr(offset).starts_with(password) && text[offset + password.size()] == '\n';
  };
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = std::hash<std::string_view>()(password) & mask;
  while (slots_[i] != 0 && !holds(slots_[i] - 1)) i = (i + 1) & mask;
  return i;
}

bool CommonPasswords::contains(std::string_view password) const noexcept {
  const bool one_line = !password.empty() && password.find('\n') == std::string_view::npos;
  return size_ > 0 && one_line && slots_[slot(password)] != 0;
}

}  // namespace accounts
