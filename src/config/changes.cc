#include "config/changes.h"

#include <type_traits>
#include <variant>

#include "config/key.h"

namespace config {
namespace {

bool same(const util::Secret& a, const util::Secret& b) {
  return util::equal_constant_time(a.reveal(), b.reveal());
}
template <typename T>
bool same(const T& a, const T& b) {
  return a == b;
}

/// The table reaches members of a Config that may be changed; here it is only looked at.
Config& to_look_at(const Config& config) {
  return const_cast<Config&>(config);
}

bool same(const Key& key, Config& a, Config& b) {
  return std::visit(
      [&](const auto& kind) {
        bool equal = same(kind.at(a), kind.at(b));
        if constexpr (std::is_same_v<decltype(kind), const Hidden&>) {
          if (kind.file_at != nullptr) equal = equal && kind.file_at(a) == kind.file_at(b);
        }
        return equal;
      },
      key.kind);
}

void keep(const Key& key, Config& from, Config& to) {
  std::visit(
      [&](const auto& kind) {
        if constexpr (!std::is_same_v<decltype(kind), const Hidden&>) kind.at(to) = kind.at(from);
      },
      key.kind);
}

}  // namespace

Changes adopt(const Config& running, Config& next) {
  Changes changes;
  Config& before = to_look_at(running);
  for (const Key& key : keys()) {
    if (same(key, before, next)) continue;
    if (key.taken == Taken::at_restart) {
      changes.wait_for_restart.push_back(full_name(key));
      keep(key, before, next);
    } else {
      changes.taken.push_back(full_name(key));
    }
  }
  return changes;
}

}  // namespace config
