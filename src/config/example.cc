// conf/jwtauthd.toml, from the table of keys.
#include <string>

#include "config/config.h"
#include "config/formats.h"
#include "config/key.h"

namespace config {
namespace {

constexpr std::size_t kWidth = 100;

constexpr std::string_view kHeader =
    "jwtauthd.toml: the configuration of jwtauthd and jwtauthctl. Every key stands here, commented out, with "
    "its"
    " default. `jwtauthctl config check` says what is wrong with a changed file.\n"
    "\n"
    "A duration is a text with a unit, \"250ms\", \"30s\", \"5m\", \"1h\" or \"1d\", or a bare number of "
    "seconds,"
    " of milliseconds where the default has ms. A path is absolute.\n"
    "\n"
    "Each key can be overridden by an environment variable named JWTAUTHD_SECTION_KEY, for instance"
    " JWTAUTHD_DATABASE_HOST. A secret may stand here (then the file must not be readable by others), in a "
    "file of"
    " its own that KEY_file names, or in systemd's credentials directory under the name section.key, for "
    "instance"
    " database.password; the credential counts more than the environment, and that more than this file.\n"
    "\n"
    "`systemctl reload 'jwtauthd@*'` (SIGHUP) has the workers take what was changed, all of it or, where "
    "anything is"
    " wrong, nothing. The few keys that say so are taken at a restart, credentials, too.";

/// As comment lines of at most kWidth columns.
void append_comment(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::string_view paragraph = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), paragraph.size() + 1));
    std::string line = "#";
    for (std::size_t start = 0; start < paragraph.size();) {
      const std::size_t end = std::min(paragraph.find(' ', start), paragraph.size());
      const std::string_view word = paragraph.substr(start, end - start);
      if (line.size() + 1 + word.size() > kWidth) {
        out.append(line).append("\n");
        line = "#";
      }
      line.append(" ").append(word);
      start = end + 1;
    }
    out.append(line).append("\n");
  }
}

/// What may stand there, where meaning and default do not say it.
std::string range(const Key& key) {
  if (const auto* const kind = std::get_if<Seconds>(&key.kind)) {
    return " From " + show_duration(kind->min) + " to " + show_duration(kind->max) + ".";
  }
  if (const auto* const kind = std::get_if<Millis>(&key.kind)) {
    return " From " + show_duration(kind->min) + " to " + show_duration(kind->max) + ".";
  }
  if (const auto* const kind = std::get_if<Whole>(&key.kind)) {
    const std::string unit = kind->unit.empty() ? "" : " " + std::string(kind->unit);
    return " From " + std::to_string(kind->min) + " to " + std::to_string(kind->max) + unit + ".";
  }
  if (std::holds_alternative<Choice>(key.kind) || std::holds_alternative<Mode>(key.kind)) {
    return " One of " + allowed(key) + ".";
  }
  return {};
}

std::string when(const Key& key) {
  return key.taken == Taken::at_restart ? " Taken at a restart." : "";
}

void append_key(std::string& out, const Key& key, Config& config) {
  out += "\n";
  append_comment(out, std::string(key.meaning) + range(key) + when(key));
  out.append("#").append(key.name).append(" = ").append(shown(key, config)).append("\n");
  if (const auto* const hidden = std::get_if<Hidden>(&key.kind)) {
    out += "\n";
    append_comment(out, hidden->file_meaning);
    out.append("#").append(key.name).append(kFileSuffix).append(" = \"\"\n");
  }
}

}  // namespace

std::string example_file() {
  Config config = defaults();
  std::string out;
  append_comment(out, kHeader);
  for (const Section& section : sections()) {
    out += "\n\n";
    append_comment(out, section.meaning);
    out.append("[").append(section.name).append("]\n");
    for (const Key& key : keys()) {
      if (key.section == section.name) append_key(out, key, config);
    }
  }
  return out;
}

}  // namespace config
