#include "ctl/plain_text.h"

#include <algorithm>
#include <charconv>

#include "mysql/datetime.h"
#include "util/unicode.h"

namespace jwtauthd {

std::string utc_micros(util::TimePoint time) {
  std::string text = mysql::datetime_text(time);
  text[10] = 'T';
  return text + "Z";
}

std::string utc_seconds(util::TimePoint time) {
  return utc_micros(time).substr(0, 19) + "Z";
}

json::Value json_text(std::string_view value) {
  return json::Value::string(util::unicode::is_utf8(value) ? value : std::string_view("\ufffd"));
}

json::Value json_time(const std::optional<util::TimePoint>& time) {
  return time ? json_text(utc_micros(*time)) : json::Value();
}

std::vector<std::string> columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], util::unicode::length(row[i]));
    }
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      line += row[i] + std::string(widths[i] + 2 - util::unicode::length(row[i]), ' ');
    }
    lines.push_back(line + row.back());
  }
  return lines;
}

std::optional<util::TimePoint> parse_time(std::string_view text, util::TimePoint now) {
  std::string date(text.ends_with('Z') ? text.substr(0, text.size() - 1) : text);
  if (date.size() > 10 && date[10] == 'T') date[10] = ' ';
  if (const auto time = mysql::parse_datetime(date)) return time;

  constexpr std::int64_t kMost = 1'000'000'000;  // seconds: thirty years
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || count > kMost || text.data() + text.size() - end != 1) {
    return std::nullopt;
  }
  constexpr std::pair<char, std::int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  for (const auto& [unit, seconds] : kUnits) {
    if (*end == unit && count <= kMost / seconds) return now - std::chrono::seconds(count * seconds);
  }
  return std::nullopt;
}

}  // namespace jwtauthd
