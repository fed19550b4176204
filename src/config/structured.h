// Values of more than one part: lists of words, tables, lists of tables. Inside config only.
#pragma once

#include <optional>
#include <string>

#include "config/value.h"

namespace config {

// As assign(): sets the member, else says what is wrong.
std::optional<Complaint> set(const Words& kind, const Value& value, Config& config);
std::optional<Complaint> set(const Servers& kind, const Value& value, Config& config);
std::optional<Complaint> set(const Issuers& kind, const Value& value, Config& config);
std::optional<Complaint> set(const Constants& kind, const Value& value, Config& config);

// As shown().
std::string shown(const Words& kind, Config& config);
std::string shown(const Servers& kind, Config& config);
std::string shown(const Issuers& kind, Config& config);
std::string shown(const Constants& kind, Config& config);

}  // namespace config
