#include "util/secret.h"

#include <cstring>
#include <utility>

namespace util {
namespace {

/// All of the buffer, because a longer value may have stood in it, and a short one stands inside the
/// string object itself, where a move leaves it behind.
void wipe_whole(std::string& text) noexcept {
  text.resize(text.capacity());  // never allocates
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace

void wipe(void* data, std::size_t size) noexcept {
  if (size != 0) explicit_bzero(data, size);
}

Secret Secret::take(std::string&& text) {
  Secret secret;
  secret.text_ = std::move(text);
  wipe_whole(text);
  return secret;
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
  wipe_whole(other.text_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe_whole(text_);
    text_ = std::move(other.text_);
    wipe_whole(other.text_);
  }
  return *this;
}

Secret::~Secret() {
  wipe_whole(text_);
}

bool equal_constant_time(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace util
