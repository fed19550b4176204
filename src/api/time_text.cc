#include "api/time_text.h"

#include <array>
#include <cstdio>

namespace api {

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

}  // namespace api
