#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "config/checks.h"
#include "config/config.h"
#include "config/findings.h"
#include "config/formats.h"
#include "config/key.h"
#include "config/secret_file.h"
#include "config/toml_file.h"
#include "config/value.h"
#include "util/ascii.h"

namespace config {
namespace {

using util::ascii::lower;

constexpr std::string_view kPrefix = "JWTAUTHD_";

/// Of a name of the table, which has lower-case letters, digits and `_`.
std::string upper(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::vector<std::string_view> names_of(std::string_view section) {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) {
    if (key.section == section) names.push_back(key.name);
  }
  return names;
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

struct Unknown {
  std::string what;
  std::string allowed;
};

/// What the writer of an unknown key may have meant; else all that there is.
Unknown unknown_key(std::string_view section, std::string_view name) {
  const std::vector<std::string_view> names = names_of(section);
  if (const std::string_view near = nearest(name, names); !near.empty()) {
    return {"is not a known key; did you mean " + std::string(near) + "?", {}};
  }
  for (const Key& key : keys()) {
    if (key.name == lower(name)) return {"is not a known key; did you mean " + full_name(key) + "?", {}};
  }
  return {"is not a known key", listed(names)};
}

std::vector<std::string_view> section_names() {
  std::vector<std::string_view> names;
  for (const Section& section : sections()) names.push_back(section.name);
  return names;
}

class Loader {
 public:
  explicit Loader(const std::string& path) : path_(path), config_(defaults()) {}

  util::Result<Config> load() {
    if (!read_file()) return util::fail(findings_.text());
    read_environment();
    for (const Key& key : keys()) {
      if (!std::holds_alternative<Hidden>(key.kind)) assign_plain(key);
    }
    for (const Key& key : keys()) {  // whether a secret is read depends on the algorithm
      if (const auto* const hidden = std::get_if<Hidden>(&key.kind)) assign_secret(key, *hidden);
    }
    check_together(
        config_, [&](std::string_view key) { return findings_.has(key); },
        [&](std::string_view key, const std::string& what, std::string_view allowed) {
          findings_.add(place_of(key), key, what, allowed);
        });
    if (!findings_.empty()) return util::fail(findings_.text());
    return std::move(config_);
  }

 private:
  struct Given {
    Value value;
    Place place;
    bool from_environment = false;
  };

  bool read_file();
  void take_entry(Entry entry);
  void complain_of_unknown(const Entry& entry);
  void read_environment();
  void complain_of_section(std::string_view variable, std::string_view name);
  void take_variable(std::string_view variable, std::string_view section, std::string_view name,
                     std::string text);
  void give(std::string_view section, std::string_view name, Given given);
  void assign_plain(const Key& key);
  void assign_secret(const Key& key, const Hidden& hidden);
  void assign_literal(const Key& key, const Hidden& hidden, Given& given);
  void assign_from_file(const Hidden& hidden, const std::string& file, const Place& place,
                        const std::string& name);
  std::optional<std::string> credential(const Key& key) const;
  bool is_passed_over(const Hidden& hidden, const std::string& credential, bool configured) const;
  const Given* given(std::string_view name) const {
    const auto found = given_.find(name);
    return found == given_.end() ? nullptr : &found->second;
  }
  /// Where the key is set; a secret may be set by its file. Else the file as a whole.
  Place place_of(std::string_view key) const {
    if (const Given* const at = given(key)) return at->place;
    if (const Given* const at = given(std::string(key).append(kFileSuffix))) return at->place;
    return {path_};
  }

  const std::string& path_;
  unsigned mode_ = 0;
  Config config_;
  Findings findings_;
  std::map<std::string, Given, std::less<>> given_;  // by section.name, KEY_file included
};

bool Loader::read_file() {
  const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  std::string text;
  ssize_t got = fd < 0 ? -1 : fstat(fd, &status);
  mode_ = status.st_mode;
  for (char part[4096]; got >= 0 && (got = read(fd, part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(got));
    util::wipe(part, sizeof part);
  }
  const int error = errno;
  if (fd >= 0) close(fd);
  if (got < 0) {
    findings_.add({path_}, "", "cannot be read: " + std::generic_category().message(error));
    return false;
  }
  std::vector<Entry> entries = read_toml(text, path_, findings_);
  util::wipe(text.data(), text.size());
  if (!findings_.empty()) return false;
  for (Entry& entry : entries) take_entry(std::move(entry));
  return true;
}

void Loader::take_entry(Entry entry) {
  const bool known = find_key(entry.section, entry.name) != nullptr ||
                     find_secret_of_file(entry.section, entry.name) != nullptr;
  if (!known) return complain_of_unknown(entry);
  give(entry.section, entry.name, {std::move(entry.value), {path_, entry.line}});
}

void Loader::complain_of_unknown(const Entry& entry) {
  const Place place{path_, entry.line};
  const std::vector<std::string_view> known = section_names();
  if (std::ranges::find(known, entry.section) != known.end()) {
    if (!entry.name.empty()) {
      const Unknown unknown = unknown_key(entry.section, entry.name);
      findings_.add(place, entry.section + "." + entry.name, unknown.what, unknown.allowed);
    } else if (!std::holds_alternative<Foreign>(entry.value) ||
               std::get<Foreign>(entry.value).what != "a table") {
      findings_.add(place, entry.section, "is not a section", "[" + entry.section + "] on a line of its own");
    }
    return;
  }
  if (entry.section.empty()) {
    std::string what = "stands outside any section";
    for (const Key& key : keys()) {
      if (key.name == lower(entry.name)) what += "; did you mean " + full_name(key) + "?";
    }
    return findings_.add(place, entry.name, what);
  }
  if (findings_.has(entry.section)) return;  // once a section
  const std::string_view near = nearest(entry.section, known);
  if (near.empty()) return findings_.add(place, entry.section, "is not a section", listed(known));
  findings_.add(place, entry.section, "is not a section; did you mean [" + std::string(near) + "]?");
}

void Loader::read_environment() {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view pair(*variable);
    const std::size_t equals = pair.find('=');
    if (!pair.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    const std::string_view rest = pair.substr(kPrefix.size(), equals - kPrefix.size());
    const auto section = std::find_if(sections().begin(), sections().end(), [&](const Section& s) {
      return rest.starts_with(upper(s.name) + "_");
    });
    if (section == sections().end()) {
      complain_of_section(pair.substr(0, equals), lower(rest));
    } else {
      take_variable(pair.substr(0, equals), section->name, lower(rest.substr(section->name.size() + 1)),
                    std::string(pair.substr(equals + 1)));
    }
  }
}

/// A variable of no section is another program's, unless the rest of its name is a key.
void Loader::complain_of_section(std::string_view variable, std::string_view name) {
  const std::size_t end = name.find('_');
  if (end == std::string_view::npos) return;
  for (const Key& key : keys()) {
    if (key.name != name.substr(end + 1)) continue;
    findings_.add({"environment " + std::string(variable)}, "", "names no section of the configuration",
                  std::string(kPrefix) + upper(key.section) + "_" + upper(key.name));
    return;
  }
}

void Loader::take_variable(std::string_view variable, std::string_view section, std::string_view name,
                           std::string text) {
  const Place place{"environment " + std::string(variable)};
  if (const Key* const key = find_key(section, name)) {
    give(section, name, {from_text(*key, std::move(text)), place, true});
  } else if (find_secret_of_file(section, name) != nullptr) {
    give(section, name, {std::move(text), place, true});
  } else {
    const Unknown unknown = unknown_key(section, name);
    findings_.add(place, std::string(section) + "." + std::string(name), unknown.what, unknown.allowed);
  }
}

void Loader::give(std::string_view section, std::string_view name, Given given) {
  if (given.from_environment) {
    // A secret in the environment, or its file, stands for both forms in the file.
    const Key* const secret = find_secret_of_file(section, name);
    const std::string other = secret != nullptr
                                  ? full_name(*secret)
                                  : std::string(section).append(".").append(name).append(kFileSuffix);
    const auto found = given_.find(other);
    if (found != given_.end() && !found->second.from_environment) given_.erase(found);
  }
  given_.insert_or_assign(std::string(section).append(".").append(name), std::move(given));
}

void Loader::assign_plain(const Key& key) {
  const Given* const at = given(full_name(key));
  if (at == nullptr) return;
  if (const auto wrong = assign(key, at->value, config_)) {
    Place place = at->place;
    if (wrong->line != 0 && place.line != 0) place.line = wrong->line;
    findings_.add(place, full_name(key), wrong->what, allowed(key));
  }
}

std::optional<std::string> Loader::credential(const Key& key) const {
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0') return std::nullopt;
  std::string path = std::string(directory) + "/" + full_name(key);
  return access(path.c_str(), F_OK) == 0 ? std::optional(std::move(path)) : std::nullopt;
}

/// The units hand over the private key that the installation made, whatever the algorithm is. To HS* that is
/// no secret, and it must not stand in the way of the one that is configured; nor of a directory of keys.
bool Loader::is_passed_over(const Hidden& hidden, const std::string& credential, bool configured) const {
  if (hidden.file_only == nullptr) return false;
  if (hidden.file_only(config_)) return !config_.keys.directory.empty();
  if (!configured) return false;
  const auto content = read_secret(credential);
  return content && is_pem(content->reveal());
}

void Loader::assign_secret(const Key& key, const Hidden& hidden) {
  const std::string name = full_name(key);
  const std::string file_name = name + std::string(kFileSuffix);
  const auto literal = given_.find(name);
  const auto file = given_.find(file_name);
  if (literal != given_.end() && file != given_.end()) {
    return findings_.add(file->second.place, file_name, "is given beside " + name, "one of them");
  }
  // A literal is looked at even where a credential counts more: it stands in the file all the same.
  if (literal != given_.end()) assign_literal(key, hidden, literal->second);
  const bool configured = literal != given_.end() || file != given_.end();
  if (const auto path = credential(key); path && !is_passed_over(hidden, *path, configured)) {
    return assign_from_file(hidden, *path, {*path}, name);
  }
  if (file == given_.end()) return;
  const auto* const path = std::get_if<std::string>(&file->second.value);
  if (path == nullptr || !is_path(*path)) {
    return findings_.add(file->second.place, file_name, "is " + type_of(file->second.value),
                         "the absolute path of a file");
  }
  if (!path->empty()) assign_from_file(hidden, *path, file->second.place, file_name);
}

void Loader::assign_literal(const Key& key, const Hidden& hidden, Given& given) {
  const std::string name = full_name(key);
  auto* const text = std::get_if<std::string>(&given.value);
  if (text == nullptr) return findings_.add(given.place, name, "is not a string", allowed(key));
  util::Secret secret = util::Secret::take(std::move(*text));
  if (secret.empty()) return;
  if (!given.from_environment) {
    if (const std::string why = too_open(mode_); !why.empty()) {
      findings_.add(given.place, name, "is a secret, and " + path_ + " " + why);
    }
  }
  if (hidden.file_only != nullptr && hidden.file_only(config_)) {
    return findings_.add(given.place, name, "is not for " + config_.tokens.algorithm,
                         "the private key's PEM file in " + name + std::string(kFileSuffix));
  }
  hidden.at(config_) = std::move(secret);
}

void Loader::assign_from_file(const Hidden& hidden, const std::string& file, const Place& place,
                              const std::string& name) {
  constexpr std::string_view kAllowed = "a file with the secret alone, private to the daemon";
  if (hidden.file_at != nullptr) hidden.file_at(config_) = file;
  if (hidden.file_only != nullptr && hidden.file_only(config_)) {
    if (const auto good = check_secret(file); !good)
      findings_.add(place, name, good.error().message, kAllowed);
    return;
  }
  auto secret = read_secret(file);
  if (!secret) return findings_.add(place, name, secret.error().message, kAllowed);
  hidden.at(config_) = std::move(*secret);
}

}  // namespace

util::Result<Config> load(const std::string& path) {
  return Loader(path).load();
}

}  // namespace config
