// What became of a configuration that is read again.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace config {

/// Names of keys, section.name.
struct Changes {
  std::vector<std::string> taken;
  std::vector<std::string> wait_for_restart;
};

/// How `next` differs from the one that runs. In the keys that are taken at a restart alone it does not
/// any more afterwards.
Changes adopt(const Config& running, Config& next);

}  // namespace config
