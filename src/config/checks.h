// What no key can know alone. Inside config only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace config {

/// Called with a key, what is wrong with it, and what is allowed.
using Complain = std::function<void(std::string_view key, std::string what, std::string_view allowed)>;
/// Whether that key has been complained of already.
using Bad = std::function<bool(std::string_view key)>;

void check_together(const Config& config, const Bad& bad, const Complain& complain);

}  // namespace config
