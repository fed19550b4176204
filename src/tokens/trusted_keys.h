// The keys of one trusted issuer, as its file has them now.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jwt/jwks.h"
#include "jwt/key.h"
#include "util/error.h"
#include "util/guarded.h"

namespace tokens {

struct TrustedKey {
  explicit TrustedKey(jwt::PublishedKey read) : published(std::move(read)) {}

  const jwt::PublishedKey published;
  std::atomic<bool> withdrawn{false};  // no longer in the file
};

/// Thread-safe.
class TrustedKeys {
 public:
  using Set = std::vector<std::shared_ptr<TrustedKey>>;

  /// `algorithms`: those that the issuer may sign with; none: all.
  TrustedKeys(std::string file, std::vector<jwt::Algorithm> algorithms);

  /// Reads the file if it is another one than at the last look. What cannot be read leaves the keys as they
  /// are; the error says so once (its message is empty then), until another one comes or the file is good
  /// again. True: they were read. On one thread at a time.
  util::Result<bool> look();

  std::shared_ptr<const Set> current() const { return *current_.lock(); }

 private:
  /// Tells one state of a file from the next.
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t modified = 0;  // nanoseconds
    std::int64_t changed = 0;
    bool operator==(const Stamp&) const = default;
  };
  util::Result<std::optional<std::string>> read();
  void take(jwt::JwkSet set);
  util::unexpected<util::Error> complain(std::string why);

  const std::string file_;
  const std::vector<jwt::Algorithm> algorithms_;
  Stamp seen_;
  std::string complaint_;  // the last one, while it holds
  util::Guarded<std::shared_ptr<const Set>> current_{std::make_shared<const Set>()};
};

}  // namespace tokens
