// The file, flattened into section.name = value. Inside config only; hides toml++.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/findings.h"
#include "config/value.h"

namespace config {

struct Entry {
  std::string section;  // empty: stands outside any
  std::string name;     // empty: the whole section is `value`
  Value value;
  std::uint32_t line = 0;
};

/// What stands in `text`, in its order. A syntax error is added to `findings`, and nothing is returned.
std::vector<Entry> read_toml(const std::string& text, const std::string& file_name, Findings& findings);
/// One value, as it would stand behind a key and `=`; nothing when it is none.
std::optional<Value> read_toml_value(const std::string& text);

}  // namespace config
