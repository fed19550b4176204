// What a row of the table of keys says. Inside config only.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace config {

/// A text for which `good` holds; `allowed` is how an error says that.
struct Text {
  std::string& (*at)(Config&);
  std::string_view allowed = "text";
  bool (*good)(std::string_view) = nullptr;
};

/// One of a few words.
struct Choice {
  std::string& (*at)(Config&);
  std::span<const std::string_view> words;
};

struct Whole {
  std::int64_t& (*at)(Config&);
  std::int64_t min;
  std::int64_t max;
  std::string_view unit;
};

struct Fraction {
  double& (*at)(Config&);
  double min;
  double max;
};

struct Switch {
  bool& (*at)(Config&);
};

struct Seconds {
  std::chrono::seconds& (*at)(Config&);
  std::chrono::seconds min;
  std::chrono::seconds max;
};

struct Millis {
  std::chrono::milliseconds& (*at)(Config&);
  std::chrono::milliseconds min;
  std::chrono::milliseconds max;
};

/// Permission bits of a socket.
struct Mode {
  unsigned& (*at)(Config&);
};

/// A secret: KEY, KEY_file, or the credential SECTION.KEY.
struct Hidden {
  util::Secret& (*at)(Config&);
  std::string& (*file_at)(Config&) = nullptr;  // where it came from, if someone asks
  /// The secret is for a library that reads the file itself: KEY is refused, the file is only looked at.
  bool (*file_only)(const Config&) = nullptr;
  std::string_view file_meaning;
};

/// A list of some of a few words.
struct Words {
  std::vector<std::string>& (*at)(Config&);
  std::span<const std::string_view> words;
};

/// A list of places where servers listen, none twice.
struct Servers {
  std::vector<std::string>& (*at)(Config&);
};

/// A list of tables.
struct Issuers {
  std::vector<TrustedIssuer>& (*at)(Config&);
  std::span<const std::string_view> algorithms;
};

/// A table of strings, numbers and truth values.
struct Constants {
  std::vector<ConstantClaim>& (*at)(Config&);
};

using Kind = std::variant<Text, Choice, Whole, Fraction, Switch, Seconds, Millis, Mode, Hidden, Words,
                          Servers, Issuers, Constants>;

/// When a changed value is taken. What the threads and sockets of a worker were made from stays with them.
enum class Taken { at_reload, at_restart };

struct Key {
  std::string_view section;
  std::string_view name;
  Kind kind;
  std::string_view meaning;
  Taken taken = Taken::at_reload;
};

struct Section {
  std::string_view name;
  std::string_view meaning;
};

/// What the name of a secret gets to name a file that holds it.
inline constexpr std::string_view kFileSuffix = "_file";

std::span<const Section> sections();
std::span<const Key> keys();
const Key* find_key(std::string_view section, std::string_view name);

/// Config{} and the paths that depend on the build.
Config defaults();

/// section.name
std::string full_name(const Key& key);
/// What is behind `name` when it ends in _file and means the file of a secret.
const Key* find_secret_of_file(std::string_view section, std::string_view name);

/// What an error says after "allowed: ", and the example file in brackets.
std::string allowed(const Key& key);
/// The value as the file would have it; a secret is always "".
std::string shown(const Key& key, Config& config);

}  // namespace config
