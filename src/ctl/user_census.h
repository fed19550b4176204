// What one walk over auth_user tells: counts, and who might be taken for whom. Sixteen bytes a user and
// kind of likeness are kept, so that a table of millions is not.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/password_hash.h"
#include "store/survey.h"

namespace jwtauthd {

/// Finds users whose texts have equal keys.
class Likeness {
 public:
  void add(std::uint64_t key, std::int64_t id) { entries_.push_back({key, id}); }
  void add(std::string_view text, std::int64_t id);
  /// Call when all are in.
  void finish();

  std::int64_t groups() const { return groups_; }
  std::int64_t users() const { return users_; }
  /// The ids of the first few groups.
  const std::vector<std::vector<std::int64_t>>& examples() const { return examples_; }

 private:
  struct Entry {
    std::uint64_t key;
    std::int64_t id;
    auto operator<=>(const Entry&) const = default;
  };
  std::vector<Entry> entries_;
  std::vector<std::vector<std::int64_t>> examples_;
  std::int64_t groups_ = 0;
  std::int64_t users_ = 0;
};

struct UserCensus {
  std::int64_t count = 0;
  std::int64_t without_email = 0;

  std::map<std::string, std::int64_t> schemes;  // of usable passwords
  std::map<unsigned, std::int64_t> pbkdf2_sha256_iterations;
  std::map<unsigned, std::int64_t> pbkdf2_sha1_iterations;
  std::int64_t unusable = 0;
  std::int64_t unreadable = 0;
  std::int64_t unsalted = 0;
  std::int64_t upgradable = 0;
  std::vector<std::string> unreadable_names;  // the first few

  struct Renamed {
    std::int64_t id;
    std::string stored;
    std::string normalised;
  };
  std::int64_t not_normalised = 0;
  std::vector<Renamed> renamed;  // of those, as many as are looked up one by one
  std::int64_t too_long = 0;
  std::vector<std::string> long_names;  // the first few

  Likeness names;            // NFKC and case-folded
  Likeness emails;           // case-folded
  Likeness collated_emails;  // as the column compares them

  void add(const store::SurveyedUser& user, const crypto::PasswordHashes& hashes);
  void finish();
};

}  // namespace jwtauthd
