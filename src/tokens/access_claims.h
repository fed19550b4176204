// Claims that an operator wants in access tokens, so that an upstream need not ask who the user is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "json/writer.h"
#include "tokens/user_directory.h"
#include "util/clock.h"
#include "util/guarded.h"

namespace tokens {

/// All together, as JSON. A request line of nginx (large_client_header_buffers) has 8 KiB for a token.
inline constexpr std::size_t max_custom_claims_bytes = 1024;

struct ConstantClaim {
  std::string name;
  std::string json;
};

/// Thread-safe.
class AccessClaims {
 public:
  /// `of_user`: out of username, email, groups, is_staff, is_superuser. Throws std::invalid_argument for
  /// another one.
  AccessClaims(const std::vector<std::string>& of_user, std::vector<ConstantClaim> constant,
               const util::Clock& clock);

  /// Whether append() wants the user.
  bool tell_of_user() const noexcept { return !of_user_.empty(); }
  /// Whether this claim is written here, and copied from no other token.
  bool own(std::string_view claim) const noexcept;
  /// `user`: nullptr when there is none, whose claims are left out then. What would make the claims too long
  /// is left out whole, groups first, which is logged, once an hour for each user.
  void append(json::Object& token, const KnownUser* user) const;

 private:
  struct Row;
  struct Piece {
    const Row* row;
    std::string json;
  };
  void warn(std::int64_t user_id, std::string_view left_out) const;

  static std::span<const Row> rows();

  std::vector<const Row*> of_user_;
  std::vector<ConstantClaim> constant_;
  std::size_t constant_bytes_ = 0;
  const util::Clock& clock_;
  util::Guarded<std::unordered_map<std::int64_t, std::int64_t>> warned_;  // user → hour
};

}  // namespace tokens
