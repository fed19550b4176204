// Everything that is wrong, told at once. Inside config only.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace config {

/// Where something was read: a line of the file, a variable, a credential.
struct Place {
  std::string name;
  std::uint32_t line = 0;  // 0: none
};

class Findings {
 public:
  /// `key` is section.name, or empty; `allowed` may be empty.
  void add(const Place& place, std::string_view key, std::string_view what, std::string_view allowed = {});

  bool empty() const { return findings_.empty(); }
  /// Whether that key has been complained of: what follows from it need not be said.
  bool has(std::string_view key) const { return keys_.contains(key); }
  /// One line each, in the order of the file.
  std::string text() const;

 private:
  struct Finding {
    std::uint32_t line;
    std::string text;
  };
  std::vector<Finding> findings_;
  std::set<std::string, std::less<>> keys_;
};

}  // namespace config
