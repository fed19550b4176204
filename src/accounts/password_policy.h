// Django's four password validators (django.contrib.auth.password_validation), in Django's order.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace accounts {

/// What a password must not resemble. Empty ones are left out of the comparison.
struct PasswordOwner {
  std::string_view username;
  std::string_view first_name;
  std::string_view last_name;
  std::string_view email;
};

struct PolicyOptions {
  std::size_t min_length = 8;        // code points
  double max_similarity = 0.7;       // 0: off
  bool refuse_common = true;
  bool refuse_numeric = true;
};

class PasswordPolicy {
 public:
  /// `common`: lower-case, one entry each.
  PasswordPolicy(PolicyOptions options, std::unordered_set<std::string> common);
  /// Reads one password a line (`#` starts a comment line). Throws util::Outage when unreadable.
  static std::unordered_set<std::string> read_common(const std::string& path);

  /// Every complaint, in order: similarity, length, common, numeric. Empty: good.
  std::vector<std::string> complaints(std::string_view password, const PasswordOwner& owner) const;

 private:
  PolicyOptions options_;
  std::unordered_set<std::string> common_;
};

/// difflib.SequenceMatcher(a=a.lower(), b=b.lower()).quick_ratio() over code points.
double quick_ratio(std::string_view a, std::string_view b);

}  // namespace accounts
