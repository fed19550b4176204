#include "config/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "config/formats.h"
#include "config/server_address.h"
#include "config/structured.h"
#include "config/toml_file.h"
#include "util/log.h"

namespace config {
namespace {

using Wrong = std::optional<Complaint>;

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
// clang deduces aggregates from version 17 on.
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string decimal(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string shown(text.data(), end);
  return shown.find_first_of(".en") == std::string::npos ? shown + ".0" : shown;
}

std::string octal(unsigned mode) {
  std::string text = "0000";
  for (std::size_t i = text.size(); i-- > 0; mode >>= 3) text[i] = static_cast<char>('0' + (mode & 7));
  return text;
}

std::string in_quotes(std::string_view text) {
  return util::log::quoted(text, 80);
}

Wrong wrong_type(const Value& value) {
  return Complaint{"is " + type_of(value)};
}
Wrong wrong(std::string_view text) {
  return Complaint{"is " + in_quotes(text)};
}
Wrong out_of_range(const std::string& shown) {
  return Complaint{"is " + shown + ", which is out of range"};
}

template <typename Kind>
Wrong set_duration(const Kind& kind, const Value& value, Config& config) {
  using Duration = decltype(Kind::min);
  using std::chrono::milliseconds;
  const auto* const text = std::get_if<std::string>(&value);
  const auto* const count = std::get_if<std::int64_t>(&value);
  if (text == nullptr && count == nullptr) return wrong_type(value);
  const std::string written = text != nullptr ? *text : std::to_string(*count);
  const auto duration = parse_duration(written, milliseconds(Duration(1)));
  if (!duration) return text != nullptr ? wrong(written) : out_of_range(written);
  if (*duration < kind.min || *duration > kind.max) return out_of_range(show_duration(*duration));
  const auto whole = std::chrono::duration_cast<Duration>(*duration);
  if (whole != *duration) {
    return Complaint{"is " + show_duration(*duration) + ", which is no whole number of seconds"};
  }
  kind.at(config) = whole;
  return std::nullopt;
}

std::string allowed_duration(std::chrono::milliseconds min, std::chrono::milliseconds max,
                             std::string_view bare) {
  return "a duration from " + show_duration(min) + " to " + show_duration(max) +
         R"(, such as "250ms", "30s", "5m", "1h" or "1d"; a bare number means )" + std::string(bare);
}

constexpr std::array<std::string_view, 2> kModes{"0600", "0660"};

std::string one_of(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(in_quotes(word));
  return text;
}

Wrong set(const Text& kind, const Value& value, Config& config) {
  const auto* const text = std::get_if<std::string>(&value);
  if (text == nullptr) return wrong_type(value);
  if (kind.good != nullptr && !kind.good(*text)) return wrong(*text);
  kind.at(config) = *text;
  return std::nullopt;
}

Wrong set(const Choice& kind, const Value& value, Config& config) {
  const auto* const text = std::get_if<std::string>(&value);
  if (text == nullptr) return wrong_type(value);
  if (std::find(kind.words.begin(), kind.words.end(), *text) == kind.words.end()) return wrong(*text);
  kind.at(config) = *text;
  return std::nullopt;
}

Wrong set(const Whole& kind, const Value& value, Config& config) {
  const auto* const count = std::get_if<std::int64_t>(&value);
  if (count == nullptr) return wrong_type(value);
  if (*count < kind.min || *count > kind.max) return out_of_range(std::to_string(*count));
  kind.at(config) = *count;
  return std::nullopt;
}

Wrong set(const Fraction& kind, const Value& value, Config& config) {
  double number = 0;
  if (const auto* const fraction = std::get_if<double>(&value)) {
    number = *fraction;
  } else if (const auto* const count = std::get_if<std::int64_t>(&value)) {
    number = static_cast<double>(*count);
  } else {
    return wrong_type(value);
  }
  if (!(number >= kind.min && number <= kind.max)) return out_of_range(decimal(number));
  kind.at(config) = number;
  return std::nullopt;
}

Wrong set(const Switch& kind, const Value& value, Config& config) {
  const auto* const on = std::get_if<bool>(&value);
  if (on == nullptr) return wrong_type(value);
  kind.at(config) = *on;
  return std::nullopt;
}

Wrong set(const Seconds& kind, const Value& value, Config& config) {
  return set_duration(kind, value, config);
}
Wrong set(const Millis& kind, const Value& value, Config& config) {
  return set_duration(kind, value, config);
}

Wrong set(const Mode& kind, const Value& value, Config& config) {
  const auto* const text = std::get_if<std::string>(&value);
  if (text == nullptr) return wrong_type(value);
  if (std::find(kModes.begin(), kModes.end(), *text) == kModes.end()) return wrong(*text);
  kind.at(config) = static_cast<unsigned>((*text)[2] - '0') << 3 | 0600U;
  return std::nullopt;
}

Wrong set(const Hidden&, const Value&, Config&) {
  return std::nullopt;
}

bool is_structured(const Key& key) {
  return std::holds_alternative<Words>(key.kind) || std::holds_alternative<Servers>(key.kind) ||
         std::holds_alternative<Issuers>(key.kind) || std::holds_alternative<Constants>(key.kind);
}

}  // namespace

Value from_text(const Key& key, std::string text) {
  if (std::holds_alternative<Whole>(key.kind)) {
    if (const auto count = number<std::int64_t>(text)) return *count;
  } else if (std::holds_alternative<Fraction>(key.kind)) {
    if (const auto fraction = number<double>(text)) return *fraction;
  } else if (std::holds_alternative<Switch>(key.kind)) {
    if (text == "true") return true;
    if (text == "false") return false;
  } else if (is_structured(key)) {
    if (auto value = read_toml_value(text)) return std::move(*value);
  }
  return text;
}

std::optional<Complaint> assign(const Key& key, const Value& value, Config& config) {
  return std::visit([&](const auto& kind) -> Wrong { return set(kind, value, config); }, key.kind);
}

std::string type_of(const Value& value) {
  return std::visit(Overloaded{[](const std::string& text) { return "the string " + in_quotes(text); },
                               [](std::int64_t count) { return "the number " + std::to_string(count); },
                               [](double fraction) { return "the number " + decimal(fraction); },
                               [](bool on) { return std::string(on ? "true" : "false"); },
                               [](const Foreign& foreign) { return std::string(foreign.what); },
                               [](const List&) { return std::string("an array"); },
                               [](const Table&) { return std::string("a table"); }},
                    value);
}

std::string show_value(const Value& value) {
  return std::visit(Overloaded{[](const std::string& text) { return in_quotes(text); },
                               [](std::int64_t count) { return std::to_string(count); },
                               [](double fraction) { return decimal(fraction); },
                               [](bool on) { return std::string(on ? "true" : "false"); },
                               [](const auto&) { return std::string(); }},
                    value);
}

std::string allowed(const Key& key) {
  return std::visit(
      Overloaded{[](const Text& kind) { return std::string(kind.allowed); },
                 [](const Choice& kind) { return one_of(kind.words); },
                 [](const Whole& kind) {
                   std::string text =
                       "a whole number from " + std::to_string(kind.min) + " to " + std::to_string(kind.max);
                   if (!kind.unit.empty()) text.append(" ").append(kind.unit);
                   return text;
                 },
                 [](const Fraction& kind) {
                   return "a number from " + decimal(kind.min) + " to " + decimal(kind.max);
                 },
                 [](const Switch&) { return std::string("true, false"); },
                 [](const Seconds& kind) { return allowed_duration(kind.min, kind.max, "seconds"); },
                 [](const Millis& kind) { return allowed_duration(kind.min, kind.max, "milliseconds"); },
                 [](const Mode&) { return one_of(kModes); },
                 [](const Hidden&) { return std::string("text"); },
                 [](const Words& kind) { return "an array of some of " + one_of(kind.words); },
                 [](const Servers&) { return "an array of texts, each " + std::string(kServerAllowed); },
                 [](const Issuers&) {
                   return std::string(
                       "an array of tables { issuer = \"…\", audience = \"…\", jwks_file = \"/…\","
                       " algorithms = [\"…\"] }, of which algorithms may be missing");
                 },
                 [](const Constants&) { return std::string("a table of strings, numbers, true and false"); }},
      key.kind);
}

std::string shown(const Key& key, Config& config) {
  return std::visit(
      Overloaded{[&](const Text& kind) { return in_quotes(kind.at(config)); },
                 [&](const Choice& kind) { return in_quotes(kind.at(config)); },
                 [&](const Whole& kind) { return std::to_string(kind.at(config)); },
                 [&](const Fraction& kind) { return decimal(kind.at(config)); },
                 [&](const Switch& kind) { return std::string(kind.at(config) ? "true" : "false"); },
                 [&](const Seconds& kind) { return in_quotes(show_duration(kind.at(config))); },
                 [&](const Millis& kind) { return in_quotes(show_duration(kind.at(config))); },
                 [&](const Mode& kind) { return in_quotes(octal(kind.at(config))); },
                 [](const Hidden&) { return in_quotes(""); },
                 [&](const auto& structured) { return shown(structured, config); }},
      key.kind);
}

}  // namespace config
