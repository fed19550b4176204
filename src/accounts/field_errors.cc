#include "accounts/field_errors.h"

#include <algorithm>

namespace accounts {

void FieldErrors::add(std::string_view field, std::string message) {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const auto& entry) { return entry.first == field; });
  if (found != fields_.end()) {
    found->second.push_back(std::move(message));
  } else {
    fields_.emplace_back(std::string(field), std::vector<std::string>{std::move(message)});
  }
}

bool FieldErrors::has(std::string_view field) const noexcept {
  return std::any_of(fields_.begin(), fields_.end(), [&](const auto& entry) { return entry.first == field; });
}

void FieldErrors::append(const FieldErrors& other) {
  for (const auto& [field, messages] : other.fields_) {
    for (const auto& message : messages) add(field, message);
  }
}

void FieldErrors::arrange(std::initializer_list<std::string_view> order) {
  const auto place = [&](const auto& entry) { return std::find(order.begin(), order.end(), entry.first); };
  std::stable_sort(fields_.begin(), fields_.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

}  // namespace accounts
