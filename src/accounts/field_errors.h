// What is wrong with the fields of a form, in the order in which the client shall read it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accounts {

class FieldErrors {
 public:
  void add(std::string_view field, std::string message);
  bool empty() const noexcept { return fields_.empty(); }
  bool has(std::string_view field) const noexcept;
  /// All of `other`'s messages, each behind what its field has already.
  void append(const FieldErrors& other);
  /// Brings the fields into this order, that of the form; the rest follow as they stand.
  void arrange(std::initializer_list<std::string_view> order);
  /// Fields in order of first mention, or as arranged; each with its messages in order.
  const std::vector<std::pair<std::string, std::vector<std::string>>>& all() const noexcept {
    return fields_;
  }

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> fields_;
};

}  // namespace accounts
