// Django's four password validators (django.contrib.auth.password_validation), in Django's order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "accounts/common_passwords.h"

namespace accounts {

/// What a password must not resemble. Empty ones are left out of the comparison.
struct PasswordOwner {
  std::string_view username;
  std::string_view first_name;
  std::string_view last_name;
  std::string_view email;
};

struct PolicyOptions {
  std::size_t min_length = 8;   // code points
  double max_similarity = 0.7;  // 0: off
  bool refuse_common = true;
  bool refuse_numeric = true;
};

class PasswordPolicy {
 public:
  PasswordPolicy(PolicyOptions options, CommonPasswords common);
  /// Reads one password a line (`# ` starts a comment line). Throws util::Outage when unreadable.
  static CommonPasswords read_common(const std::string& path) { return CommonPasswords::read(path); }

  /// Every complaint, in order: similarity, length, common, numeric. Empty: good.
  std::vector<std::string> complaints(std::string_view password, const PasswordOwner& owner) const;

 private:
  PolicyOptions options_;
  CommonPasswords common_;
};

/// difflib.SequenceMatcher(a=a, b=b).quick_ratio(): twice the characters that both have, in any
/// order, over the sum of lengths.
double quick_ratio(std::u32string_view a, std::u32string_view b);

}  // namespace accounts
