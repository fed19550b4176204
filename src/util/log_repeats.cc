#include "util/log_repeats.h"

#include <algorithm>

namespace util::log {
namespace {

constexpr std::size_t kKept = 400;  // of a text: what differs behind that is the same

}  // namespace

bool Repeats::admits(Level level, std::string_view text, unsigned most, Clock::time_point now) {
  text = text.substr(0, kKept);
  auto entry = std::find_if(entries_.begin(), entries_.end(),
                            [&](const Entry& e) { return e.level == level && e.text == text; });
  if (entry == entries_.end()) {
    entry = std::find_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.text.empty(); });
    if (entry == entries_.end()) return true;
    *entry = {level, std::string(text), now, 0, 0};
  }
  if (++entry->times <= most) return true;
  ++entry->held_back;
  return false;
}

std::vector<Repeats::Summary> Repeats::over(Clock::time_point now) {
  std::vector<Summary> summaries;
  for (Entry& entry : entries_) {
    if (entry.text.empty() || now - kWindow < entry.began) continue;
    if (entry.held_back != 0) summaries.push_back({entry.level, std::move(entry.text), entry.held_back});
    entry = {};
  }
  return summaries;
}

}  // namespace util::log
