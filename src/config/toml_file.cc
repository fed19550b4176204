#include "config/toml_file.h"

#include <algorithm>
#include <utility>

#include "config/key.h"
#include "util/secret.h"

namespace config {
/// Thrown where toml++ 3.3 would end the process: it asserts what it has not looked at, such as a key's first
/// character. A file that is no TOML must not end the worker that was told to read it again.
struct NotToml {};
constexpr void expect_toml(bool holds) {
  if (!holds) throw NotToml();
}
}  // namespace config

// With NDEBUG it would not look, and go on.
#undef NDEBUG
#define TOML_ASSERT(expr) config::expect_toml(static_cast<bool>(expr))
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace config {
namespace {

/// Takes a string's text over and wipes the parser's copy.
Value take(toml::node& node) {
  if (auto* const text = node.as_string()) {
    std::string& inside = text->get();
    std::string value = inside;
    util::wipe(inside.data(), inside.size());
    return value;
  }
  if (const auto* const number = node.as_integer()) return number->get();
  if (const auto* const fraction = node.as_floating_point()) return fraction->get();
  if (const auto* const on = node.as_boolean()) return on->get();
  if (auto* const array = node.as_array()) {
    List list;
    for (toml::node& item : *array) list.items.push_back({take(item), item.source().begin.line});
    return list;
  }
  if (auto* const table = node.as_table()) {
    Table members;
    for (auto&& [name, member] : *table) {
      members.members.push_back({std::string(name.str()), take(member), name.source().begin.line});
    }
    return members;
  }
  return Foreign{"a date or time"};
}

std::string_view line_of(const std::string& text, std::uint32_t line) {
  std::size_t start = 0;
  while (--line > 0 && start != std::string::npos) start = text.find('\n', start) + 1;
  return std::string_view(text).substr(start, text.find('\n', start) - start);
}

/// toml++ quotes what it could not read.
bool may_show_a_secret(std::string_view line) {
  return std::ranges::any_of(keys(), [&](const Key& key) {
    return std::holds_alternative<Hidden>(key.kind) && line.find(key.name) != std::string_view::npos;
  });
}

void add_section(std::string_view name, toml::node& node, std::vector<Entry>& entries) {
  auto* const section = node.as_table();
  if (section == nullptr) {
    const bool known = std::ranges::any_of(sections(), [&](const Section& s) { return s.name == name; });
    Entry entry{"", std::string(name), take(node), node.source().begin.line};
    if (known) std::swap(entry.section, entry.name);
    entries.push_back(std::move(entry));
    return;
  }
  if (section->empty())
    entries.push_back({std::string(name), "", Foreign{"a table"}, node.source().begin.line});
  for (auto&& [key, value] : *section) {
    entries.push_back({std::string(name), std::string(key.str()), take(value), key.source().begin.line});
  }
}

/// Nothing: toml++ cannot say where it is no TOML.
std::optional<toml::parse_result> parse(std::string_view text, std::string_view file_name) {
  try {
    return toml::parse(text, file_name);
  } catch (const NotToml&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<Entry> read_toml(const std::string& text, const std::string& file_name, Findings& findings) {
  std::optional<toml::parse_result> parsed = parse(text, file_name);
  std::vector<Entry> entries;
  if (!parsed) {
    findings.add({file_name}, "", "is not TOML");
    return entries;
  }
  toml::parse_result& result = *parsed;
  if (!result) {
    const toml::parse_error& error = result.error();
    const std::uint32_t line = error.source().begin.line;
    const bool hide = may_show_a_secret(line_of(text, line));
    findings.add({file_name, line}, "",
                 hide ? "is not TOML; what stands there may be a secret and is not shown"
                      : "is not TOML: " + std::string(error.description()));
    return entries;
  }
  for (auto&& [name, node] : result.table()) add_section(name.str(), node, entries);
  std::ranges::stable_sort(entries, {}, &Entry::line);
  return entries;
}

std::optional<Value> read_toml_value(const std::string& text) {
  std::optional<toml::parse_result> result = parse("value = " + text, {});
  if (!result || !*result || result->table().size() != 1) return std::nullopt;
  toml::node* const node = result->table().get("value");
  return node == nullptr ? std::nullopt : std::optional(take(*node));
}

}  // namespace config
