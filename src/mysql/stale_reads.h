// Reads that may be some seconds old: of replicas, where there are any.
#pragma once

#include <memory>
#include <optional>

#include "mysql/pool.h"

namespace mysql {

class StaleReads {
 public:
  /// Without `replicas` all is read from `primary`.
  explicit StaleReads(Pool& primary, std::optional<Options> replicas = std::nullopt)
      : primary_(primary), replicas_(replicas ? std::make_unique<Pool>(std::move(*replicas)) : nullptr) {}

  /// Calls `work` with a lease of a replica, and where none can be had, or it fails there, with one of the
  /// primary.
  template <typename Work>
  auto read(Work&& work) {
    if (replicas_ != nullptr) {
      try {
        auto lease = replicas_->acquire();
        return work(lease);
      } catch (const util::Outage&) {
        // The primary is asked, which knows more.
      }
    }
    auto lease = primary_.acquire();
    return work(lease);
  }

 private:
  Pool& primary_;
  std::unique_ptr<Pool> replicas_;
};

}  // namespace mysql
