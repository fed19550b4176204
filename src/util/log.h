// The log: levels, one line an event, readable on a terminal and by journald. Lines are gathered and
// written in batches, so that an access line costs no system call of its own; warnings and worse are
// written at once. Never give it a Secret, a token, a password or a body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace util::log {

enum class Level { debug, info, warning, error };

struct Options {
  Level level = Level::info;
  /// Prefix lines with <N> priorities (sd-daemon(3)) and no time; for a terminal or file, a UTC time.
  bool journal = false;
  int fd = 2;
};

/// Called once, before threads start. Before it, lines go to standard error unbatched. Ignores SIGPIPE
/// from here on, so that a reader that has gone ends nothing: a descriptor that is closed, full or slow
/// costs lines, which are counted and told of later, never a caller's time or more than 2 MiB.
void start(const Options& options);
/// Writes what is gathered and stops the flushing thread; later lines go out unbatched.
void stop() noexcept;
/// Writes what is gathered now.
void flush() noexcept;

bool enabled(Level level) noexcept;
/// From here on.
void set_level(Level level) noexcept;
/// One line, UTF-8. Control characters, line ends among them, are escaped; past 4 KiB it is cut.
void write(Level level, std::string_view line) noexcept;

inline void debug(std::string_view line) { write(Level::debug, line); }
inline void info(std::string_view line) { write(Level::info, line); }
inline void warning(std::string_view line) { write(Level::warning, line); }
inline void error(std::string_view line) { write(Level::error, line); }

/// One answered request. Views are read before the call returns.
struct Access {
  std::string_view request_id;
  std::string_view method;
  std::string_view path;  // without the query, which may hold anything
  int status = 0;
  std::int64_t micros = 0;   // from the read request to the answer, ready to be sent
  std::int64_t user_id = 0;  // 0: nobody
  std::string_view client;   // address as nginx saw it
};
/// Formats and gathers the line; control characters of foreign text are escaped. Thread-safe.
void access(const Access& entry) noexcept;

/// `text` in double quotes, with control characters, quotes, backslashes and bytes beyond ASCII escaped,
/// cut after `limit` bytes of it: how foreign text goes into a line.
std::string quoted(std::string_view text, std::size_t limit = 256);

}  // namespace util::log
