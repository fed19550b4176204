// State that cannot be reached without its lock: Guarded<Keys> keys_; keys_.lock()->active().
#pragma once

#include <mutex>
#include <utility>

namespace util {

template <typename T>
class Guarded {
 public:
  template <typename... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  class Access {
   public:
    Access(std::mutex& mutex, T& value) : lock_(mutex), value_(value) {}
    T* operator->() noexcept { return &value_; }
    T& operator*() noexcept { return value_; }
    /// For a condition variable that waits on this state.
    std::unique_lock<std::mutex>& held() noexcept { return lock_; }

   private:
    std::unique_lock<std::mutex> lock_;
    T& value_;
  };

  [[nodiscard]] Access lock() { return Access(mutex_, value_); }
  [[nodiscard]] Access lock() const { return Access(mutex_, value_); }

 private:
  mutable std::mutex mutex_;
  mutable T value_;
};

}  // namespace util
