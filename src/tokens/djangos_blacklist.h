// What Django, or we while we kept its tables, had blacklisted when an installation went over to sessions:
// none of these tokens begins one.
#pragma once

#include <atomic>
#include <string_view>

#include "store/blacklist_store.h"

namespace tokens {

/// Thread-safe. Whether the tables are there is asked once, by the first token that wants to know: a site
/// without them pays nothing from then on.
class DjangosBlacklist {
 public:
  explicit DjangosBlacklist(store::BlacklistStore& tables) : tables_(tables) {}

  /// Throws util::Outage.
  bool has(std::string_view jti);

 private:
  enum class Tables { unknown, there, missing };

  store::BlacklistStore& tables_;
  std::atomic<Tables> are_{Tables::unknown};
};

}  // namespace tokens
