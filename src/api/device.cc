#include "api/device.h"

#include <algorithm>
#include <span>

namespace api {
namespace {

struct Sign {
  std::string_view text;  // as it stands in the header
  std::string_view name;
};

// Those that also call themselves by a name further down stand first.
constexpr Sign kBrowsers[] = {
    {"Edg", "Edge"},         {"OPR/", "Opera"},     {"SamsungBrowser/", "Samsung Internet"},
    {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
    {"Chrome/", "Chrome"},   {"Safari/", "Safari"},
};
constexpr Sign kSystems[] = {
    {"iPhone", "iPhone"},   {"iPad", "iPad"},      {"Android", "Android"}, {"CrOS", "ChromeOS"},
    {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
};

std::string_view first_of(std::span<const Sign> signs, std::string_view text) noexcept {
  const auto found = std::find_if(signs.begin(), signs.end(), [&](const Sign& sign) {
    return text.find(sign.text) != std::string_view::npos;
  });
  return found == signs.end() ? std::string_view() : found->name;
}

/// The first product's name (RFC 9110 section 10.1.5), which is what a program that is no browser tells.
std::string_view product(std::string_view text) noexcept {
  const std::string_view name = text.substr(0, text.find_first_of("/ ("));
  return name == "Mozilla" ? std::string_view() : name;
}

}  // namespace

std::string device_name(std::string_view user_agent) {
  std::string_view program = first_of(kBrowsers, user_agent);
  if (program.empty()) program = product(user_agent);
  const std::string_view system = first_of(kSystems, user_agent);
  std::string out(program);
  if (!out.empty() && !system.empty()) out += " on ";
  return out.append(system);
}

}  // namespace api
