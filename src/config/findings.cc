#include "config/findings.h"

#include <algorithm>

namespace config {

void Findings::add(const Place& place, std::string_view key, std::string_view what,
                   std::string_view allowed) {
  std::string text = place.name;
  if (place.line != 0) text += ":" + std::to_string(place.line);
  text += ": ";
  if (!key.empty()) {
    text.append(key).append(": ");
    keys_.emplace(key);
  }
  text.append(what);
  if (!allowed.empty()) text.append("; allowed: ").append(allowed);
  // What is wrong may hold what stands in the file, line ends too.
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  findings_.push_back({place.line, std::move(text)});
}

std::string Findings::text() const {
  std::vector<Finding> sorted = findings_;
  // What has no line comes last: it is about what is missing.
  const auto rank = [](const Finding& finding) { return finding.line - 1; };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Finding& a, const Finding& b) { return rank(a) < rank(b); });
  std::string text;
  for (const Finding& finding : sorted) text.append(text.empty() ? "" : "\n").append(finding.text);
  return text;
}

}  // namespace config
