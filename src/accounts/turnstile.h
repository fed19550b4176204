// So many at a time of one name; who comes beyond them waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "util/guarded.h"

namespace accounts {

/// Thread-safe. Within one process.
class Turnstile {
 public:
  /// `width`: at least 1.
  explicit Turnstile(std::size_t width) : width_(width) {}

  /// Held until it is destroyed; one that was made by default or moved from holds nothing.
  class Place {
   public:
    Place() = default;
    Place(Turnstile& of, std::string name) noexcept : of_(&of), name_(std::move(name)) {}
    Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), name_(std::move(other.name_)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(name_, other.name_);
      return *this;
    }
    ~Place() {
      if (of_ != nullptr) of_->leave(name_);
    }

   private:
    Turnstile* of_ = nullptr;
    std::string name_;
  };
  [[nodiscard]] Place enter(std::string name);

 private:
  void leave(const std::string& name) noexcept;

  const std::size_t width_;
  util::Guarded<std::map<std::string, std::size_t>> inside_;
  std::condition_variable left_;
};

}  // namespace accounts
