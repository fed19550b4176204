#include "mysql/datetime.h"

#include <algorithm>
#include <array>

namespace mysql {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;

constexpr util::TimePoint kFirst = sys_days(std::chrono::year(1000) / 1 / 1);
constexpr util::TimePoint kLast = sys_days(std::chrono::year(9999) / 12 / 31) + days(1) - microseconds(1);

void put(char*& out, unsigned value, unsigned digits) noexcept {
  for (unsigned i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
  out += digits;
}

/// Reads exactly `digits` digits and moves on; false when they are not there.
bool take(std::string_view& text, unsigned digits, unsigned& value) noexcept {
  if (text.size() < digits) return false;
  value = 0;
  for (unsigned i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool skip(std::string_view& text, char c) noexcept {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string datetime_text(util::TimePoint time) {
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);

  std::array<char, 26> text{};
  char* out = text.data();
  put(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *out++ = '-';
  put(out, static_cast<unsigned>(date.month()), 2);
  *out++ = '-';
  put(out, static_cast<unsigned>(date.day()), 2);
  *out++ = ' ';
  put(out, static_cast<unsigned>(clock.hours().count()), 2);
  *out++ = ':';
  put(out, static_cast<unsigned>(clock.minutes().count()), 2);
  *out++ = ':';
  put(out, static_cast<unsigned>(clock.seconds().count()), 2);
  *out++ = '.';
  put(out, static_cast<unsigned>(clock.subseconds().count()), 6);
  return {text.data(), text.size()};
}

std::optional<util::TimePoint> parse_datetime(std::string_view text) noexcept {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0;
  if (!take(text, 4, year) || !skip(text, '-') || !take(text, 2, month) || !skip(text, '-') ||
      !take(text, 2, day))
    return std::nullopt;
  const auto date =
      std::chrono::year(static_cast<int>(year)) / static_cast<int>(month) / static_cast<int>(day);
  if (!date.ok()) return std::nullopt;

  if (!text.empty()) {
    if (!skip(text, ' ') || !take(text, 2, hour) || !skip(text, ':') || !take(text, 2, minute) ||
        !skip(text, ':') || !take(text, 2, second))
      return std::nullopt;
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  }
  if (skip(text, '.')) {
    const auto digits = static_cast<unsigned>(text.size());
    if (digits == 0 || digits > 6 || !take(text, digits, micro)) return std::nullopt;
    for (unsigned i = digits; i < 6; ++i) micro *= 10;
  }
  if (!text.empty()) return std::nullopt;
  return util::TimePoint(sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + microseconds(micro);
}

}  // namespace mysql
