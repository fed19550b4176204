#include "config/formats.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include "util/ascii.h"

namespace config {
namespace {

using util::ascii::lower;

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

constexpr std::int64_t kLongest = std::int64_t{300} * 366 * 86'400'000;

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_path(std::string_view text) {
  return text.empty() || (text.front() == '/' && text.find('\0') == std::string_view::npos);
}

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c <= ' ') || c == 0x7f; });
}

bool is_address(std::string_view text) {
  constexpr std::string_view kTcp = "tcp:";
  if (text.starts_with('/')) return is_path(text) && text.size() <= 107;  // sun_path, unix(7)
  if (!text.starts_with(kTcp)) return false;
  text.remove_prefix(kTcp.size());
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_plain(text)) return false;
  const auto port = number(text.substr(colon + 1));
  return port && *port >= 1 && *port <= 65535;
}

bool is_schemes(std::string_view text) {
  bool in_word = false;
  for (const char c : text) {
    const bool of_word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!of_word && !(c == ' ' && in_word)) return false;
    in_word = of_word;
  }
  return in_word;
}

bool is_claim(std::string_view text) {
  constexpr std::array<std::string_view, 5> kTaken{"exp", "iat", "nbf", "iss", "aud"};
  return !text.empty() && is_plain(text) && std::find(kTaken.begin(), kTaken.end(), text) == kTaken.end();
}

bool is_issuer(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                        std::chrono::milliseconds bare) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = number(text.substr(0, digits));
  if (!count || text.ends_with(' ')) return std::nullopt;
  std::string_view name = text.substr(digits);
  name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
  std::int64_t unit = bare.count();
  if (!name.empty()) {
    const auto* const found =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& known) { return known.name == name; });
    if (found == kUnits.end()) return std::nullopt;
    unit = found->milliseconds;
  }
  if (*count > kLongest / unit) return std::nullopt;
  return std::chrono::milliseconds(*count * unit);
}

std::string show_duration(std::chrono::milliseconds duration) {
  for (const Unit& unit : kUnits) {
    if (duration.count() == 0) return "0s";
    if (duration.count() % unit.milliseconds == 0) {
      return std::to_string(duration.count() / unit.milliseconds).append(unit.name);
    }
  }
  return {};
}

std::size_t distance(std::string_view a, std::string_view b) {
  // Optimal string alignment, over three rows of its matrix.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace config
