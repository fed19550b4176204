// Which of several rotations one statement has done, by what is found afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "store/session_store.h"

namespace store {

/// The statement changed `count` rows; `rows` are those of `rotations`, read afterwards; from before the
/// statement to the last read it took `took`.
std::vector<bool> which_rotated(std::span<const Rotation> rotations,
                                std::span<const std::optional<Session>> rows, std::uint64_t count,
                                std::chrono::nanoseconds took);

}  // namespace store
