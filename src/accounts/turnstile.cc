#include "accounts/turnstile.h"

namespace accounts {

Turnstile::Place Turnstile::enter(std::string name) {
  auto inside = inside_.lock();
  left_.wait(inside.held(), [&] { return (*inside)[name] < width_; });
  ++(*inside)[name];
  return Place(*this, std::move(name));
}

void Turnstile::leave(const std::string& name) noexcept {
  {
    auto inside = inside_.lock();
    const auto found = inside->find(name);
    if (--found->second == 0) inside->erase(found);
  }
  left_.notify_all();
}

}  // namespace accounts
