// What is known of the keys in keys.directory: one small file, keys.json. In what state a key is follows from
// it and the clock alone: no process has to run at the moment of a change, and all who have the file agree.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jwt/key.h"
#include "util/clock.h"
#include "util/error.h"

namespace tokens {

enum class KeyState {
  next,      // published, signs later
  active,    // signs
  retiring,  // verifies what it has signed
  retired,   // neither; kept as history
};
std::string_view name(KeyState state) noexcept;

struct KeyEntry {
  std::string kid;  // RFC 7638 thumbprint; empty: the secret of tokens.signing_key, which has no file
  jwt::Algorithm algorithm = jwt::Algorithm::es256;
  util::TimePoint created_at{};
  util::TimePoint signs_from{};
  std::optional<util::TimePoint> verifies_until{};  // nothing: open
  std::optional<util::TimePoint> retired_at{};      // nothing: not by hand

  bool is_secret() const noexcept { return kid.empty(); }
  /// Whether it is over at `now`, by hand or by time.
  bool retired(util::TimePoint now) const noexcept {
    return retired_at || (verifies_until && *verifies_until <= now);
  }
};

/// How long others take to hear of a key, and how long the tokens live that one has signed.
struct KeyPacing {
  std::chrono::milliseconds publish_ahead{600'000};
  std::chrono::milliseconds longest_token{86'400'000};  // the leeway included

  /// When the tokens of a key are over that somebody else follows at `successor`, with everybody told.
  util::TimePoint end_of_predecessor(util::TimePoint successor) const {
    return successor + longest_token + publish_ahead;
  }
};

/// A value: changed in memory, written as a whole by tokens/key_directory.h.
class KeyManifest {
 public:
  /// Refuses what it does not understand: a manifest of a later version is not to be guessed at.
  static util::Result<KeyManifest> parse(std::string_view text);
  std::string dump() const;

  /// In the order in which they sign; times in milliseconds, as they are written.
  const std::vector<KeyEntry>& entries() const noexcept { return entries_; }
  bool empty() const noexcept { return entries_.empty(); }
  const KeyEntry* find(std::string_view kid) const noexcept;

  /// The one that signs at `now`; nullptr: none does.
  const KeyEntry* active(util::TimePoint now) const noexcept;
  /// The one that is published and signs next; nullptr: none.
  const KeyEntry* next(util::TimePoint now) const noexcept;
  KeyState state(const KeyEntry& entry, util::TimePoint now) const noexcept;

  /// Adds a key that signs from `signs_from`, and has those before it end in time.
  void add(KeyEntry entry, const KeyPacing& pacing);
  /// The published next key signs from now.
  void hasten(std::string_view kid, util::TimePoint now, const KeyPacing& pacing);
  /// Refused at once. The key before a `next` that will not come goes on.
  void retire(std::string_view kid, util::TimePoint now, const KeyPacing& pacing);
  /// Drops the oldest of what is retired beyond the bound on history.
  void trim(util::TimePoint now);

 private:
  KeyEntry& named(std::string_view kid) noexcept;
  void settle(const KeyPacing& pacing, util::TimePoint now);

  std::vector<KeyEntry> entries_;
};

}  // namespace tokens
