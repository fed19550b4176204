#include "store/rotated.h"

#include <algorithm>

namespace store {
namespace {

/// Only its own writer gives a row this successor at this instant.
bool has_successor(const std::optional<Session>& row, const Rotation& rotation) {
  return row && row->current == rotation.next && row->last_used_at == rotation.now;
}

/// Somebody has exchanged the successor since. A successor is derived: whoever brings the predecessor's
/// predecessor, a thief, would have the row's previous one for his own as well. But who did rotate knows that
/// the exchange came after his statement had begun.
bool had_successor(const std::optional<Session>& row, const Rotation& rotation,
                   std::chrono::nanoseconds took) {
  return row && row->previous == rotation.next && row->unchanged_for <= took;
}

}  // namespace

std::vector<bool> which_rotated(std::span<const Rotation> rotations,
                                std::span<const std::optional<Session>> rows, std::uint64_t count,
                                std::chrono::nanoseconds took) {
  std::vector<bool> rotated;
  for (std::size_t i = 0; i < rotations.size(); ++i) rotated.push_back(has_successor(rows[i], rotations[i]));
  // When these are all that it was, the others were late.
  const auto found = static_cast<std::uint64_t>(std::count(rotated.begin(), rotated.end(), true));
  for (std::size_t i = 0; i < rotations.size(); ++i) {
    if (!rotated[i] && found < count) rotated[i] = had_successor(rows[i], rotations[i], took);
    if (rows[i] && rows[i]->revoked_at) rotated[i] = false;
  }
  return rotated;
}

}  // namespace store
