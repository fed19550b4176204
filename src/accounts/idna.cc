#include "accounts/idna.h"

#include <algorithm>
#include <cstdint>

#include "accounts/code_points.h"
#include "accounts/nameprep_tables.h"

namespace accounts {
namespace {

namespace unicode = util::unicode;

constexpr std::size_t kLabelMaxLength = 63;  // RFC 1035 section 2.3.4
constexpr std::string_view kAcePrefix = "xn--";

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

/// RFC 3490 section 3.1: these four separate labels.
bool is_dot(char32_t c) noexcept {
  return c == U'.' || c == U'\u3002' || c == U'\uff0e' || c == U'\uff61';
}

/// RFC 3454 section 6: text that runs right to left begins and ends so, and has nothing of the other kind.
bool keeps_direction(std::u32string_view label) noexcept {
  const auto right_to_left = [](char32_t c) { return nameprep::contains(nameprep::kRightToLeft, c); };
  const auto left_to_right = [](char32_t c) { return nameprep::contains(nameprep::kLeftToRight, c); };
  if (std::none_of(label.begin(), label.end(), right_to_left)) return true;
  return right_to_left(label.front()) && right_to_left(label.back()) &&
         std::none_of(label.begin(), label.end(), left_to_right);
}

/// RFC 3491: map, normalise, prohibit, check direction.
std::optional<std::string> nameprep_label(std::string_view label) {
  std::string mapped;
  for (std::size_t offset = 0; offset < label.size();) {
    const char32_t c = unicode::next(label, offset);
    if (!nameprep::contains(nameprep::kMappedToNothing, c)) unicode::append(mapped, c);
  }
  // Table B.2 is case folding closed under NFKC; folding what NFKC made of a folded text closes it.
  std::string prepared = unicode::nfkc(unicode::casefold(unicode::nfkc(unicode::casefold(mapped))));
  const std::u32string points = code_points(prepared);
  const bool prohibited = std::any_of(
      points.begin(), points.end(), [](char32_t c) { return nameprep::contains(nameprep::kProhibited, c); });
  if (prohibited || !keeps_direction(points)) return std::nullopt;
  return prepared;
}

/// Parameters of RFC 3492 section 5.
constexpr std::uint32_t kBase = 36, kTmin = 1, kTmax = 26, kSkew = 38, kDamp = 700;

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) noexcept {
  delta = first ? delta / kDamp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > (kBase - kTmin) * kTmax / 2; k += kBase) delta /= kBase - kTmin;
  return k + (kBase - kTmin + 1) * delta / (delta + kSkew);
}

void append_variable_length(std::string& out, std::uint32_t value, std::uint32_t bias) {
  const auto digit = [](std::uint32_t d) { return static_cast<char>(d < 26 ? 'a' + d : '0' + (d - 26)); };
  for (std::uint32_t k = kBase;; k += kBase) {
    const std::uint32_t threshold = k <= bias ? kTmin : std::min(k - bias, kTmax);
    if (value < threshold) break;
    out += digit(threshold + (value - threshold) % (kBase - threshold));
    value = (value - threshold) / (kBase - threshold);
  }
  out += digit(value);
}

/// RFC 3492 section 6.3. `label` must be short enough that no delta exceeds 32 bits.
std::string punycode(std::u32string_view label) {
  std::string out;
  for (const char32_t c : label) {
    if (c < 0x80) out += static_cast<char>(c);
  }
  const auto basic = static_cast<std::uint32_t>(out.size());
  if (basic > 0) out += '-';
  std::uint32_t handled = basic;
  std::uint32_t n = 0x80, delta = 0, bias = 72;
  while (handled < label.size()) {
    std::uint32_t smallest = 0x110000;
    for (const char32_t c : label) {
      if (c >= n) smallest = std::min<std::uint32_t>(smallest, c);
    }
    delta += (smallest - n) * (handled + 1);
    n = smallest;
    for (const char32_t c : label) {
      if (c < n) ++delta;
      if (c != n) continue;
      append_variable_length(out, delta, bias);
      bias = adapt(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return out;
}

/// ToASCII of RFC 3490 section 4.1.
std::optional<std::string> ascii_label(std::string_view label) {
  std::string result(label);
  if (!is_ascii(label)) {
    std::optional<std::string> prepared = nameprep_label(label);
    if (!prepared) return std::nullopt;
    if (is_ascii(*prepared)) {
      result = std::move(*prepared);
    } else {
      // Every code point beyond ASCII costs at least one digit, so a longer one cannot fit.
      const std::u32string points = code_points(*prepared);
      if (prepared->starts_with(kAcePrefix) || points.size() > kLabelMaxLength) return std::nullopt;
      result = std::string(kAcePrefix) + punycode(points);
    }
  }
  if (result.empty() || result.size() > kLabelMaxLength) return std::nullopt;
  return result;
}

}  // namespace

std::optional<std::string> ascii_domain(std::string_view domain) {
  std::string out;
  std::size_t start = 0;
  for (std::size_t offset = 0; offset < domain.size();) {
    const std::size_t end = offset;
    if (!is_dot(unicode::next(domain, offset))) continue;
    const std::optional<std::string> label = ascii_label(domain.substr(start, end - start));
    if (!label) return std::nullopt;
    out += *label + '.';
    start = offset;
  }
  if (start == domain.size()) return out;  // empty, or with the root's trailing dot
  const std::optional<std::string> last = ascii_label(domain.substr(start));
  if (!last) return std::nullopt;
  return out + *last;
}

}  // namespace accounts
