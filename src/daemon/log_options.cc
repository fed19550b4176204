#include "daemon/log_options.h"

#include "daemon/supervisor.h"

namespace jwtauthd {
namespace {

util::log::Level level_of(const config::Config::Log& log) {
  using util::log::Level;
  if (log.level == "debug") return Level::debug;
  if (log.level == "warning") return Level::warning;
  return log.level == "error" ? Level::error : Level::info;
}

util::log::Format format_of(const config::Config::Log& log) {
  using util::log::Format;
  if (log.format == "json") return Format::json;
  if (log.format == "logfmt") return Format::logfmt;
  const bool journal = log.format == "journal" || (log.format == "auto" && supervisor::logs_to_journal());
  return journal ? Format::native : Format::text;
}

}  // namespace

util::log::Options log_options(const config::Config::Log& log) {
  util::log::Options options;
  options.level = level_of(log);
  options.format = format_of(log);
  options.sample_2xx = static_cast<unsigned>(log.sample_2xx);
  options.repeats = static_cast<unsigned>(log.repeats);
  return options;
}

}  // namespace jwtauthd
