#include "api/time_text.h"

#include <array>
#include <cstdio>

#include "mysql/datetime.h"

namespace api {
namespace {

constexpr std::size_t kDate = 10;            // YYYY-MM-DD
constexpr std::size_t kMinutes = kDate + 6;  // with Thh:mm
constexpr std::string_view kOffset = "+hh:mm";

/// Takes the zone off the end. Nothing: it is none.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (text.ends_with('Z')) {
    text.remove_suffix(1);
    return std::chrono::minutes(0);
  }
  if (text.size() < kMinutes + kOffset.size()) return std::chrono::minutes(0);
  const std::string_view zone = text.substr(text.size() - kOffset.size());
  if (zone[0] != '+' && zone[0] != '-') return std::chrono::minutes(0);
  text.remove_suffix(kOffset.size());
  // As a time of a day it has the digits and bounds of one.
  const auto at = mysql::parse_datetime("1970-01-01 " + std::string(zone.substr(1)) + ":00");
  if (!at) return std::nullopt;
  const auto offset = std::chrono::duration_cast<std::chrono::minutes>(at->time_since_epoch());
  return zone[0] == '+' ? offset : -offset;
}

}  // namespace

std::string time_text(util::TimePoint when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(when - day);
  std::array<char, 64> text{};
  int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()));
  std::string out(text.data(), static_cast<std::size_t>(size));
  if (const auto fraction = time.subseconds().count(); fraction != 0) {
    size = std::snprintf(text.data(), text.size(), ".%06d", static_cast<int>(fraction));
    out.append(text.data(), static_cast<std::size_t>(size));
  }
  return out += 'Z';
}

std::optional<util::TimePoint> parse_time_text(std::string_view text) {
  const auto offset = take_offset(text);
  if (!offset || text.size() < kMinutes || (text[kDate] != 'T' && text[kDate] != ' ')) return std::nullopt;
  std::string time(text);
  time[kDate] = ' ';
  if (time.size() == kMinutes) time += ":00";
  const auto local = mysql::parse_datetime(time);
  if (!local) return std::nullopt;
  return *local - *offset;
}

}  // namespace api
