// The log: levels, one line an event, readable on a terminal and by journald. Lines are gathered and
// written in batches, so that an access line costs no system call of its own; warnings and worse are
// written at once. Never give it a Secret, a token, a password or a body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace util::log {

enum class Level { debug, info, warning, error };

enum class Format {
  text,      // UTC time, level, sentence
  prefixed,  // <N> priorities (sd-daemon(3)) and no time
  native,    // entries with fields for journald; prefixed where its socket cannot be had
  json,      // an object a line
  logfmt,    // key=value
};

struct Options {
  Level level = Level::info;
  Format format = Format::text;
  int fd = 2;
  unsigned sample_2xx = 1;  // of so many access lines of a 2xx one is written
  unsigned repeats = 0;     // warnings and errors of the same text a minute, the rest is summed up; 0: all
  const char* journal_socket = "/run/systemd/journal/socket";
};

/// Called once, before threads start. Before it, lines go to standard error unbatched. Ignores SIGPIPE
/// from here on, so that a reader that has gone ends nothing: a descriptor that is closed, full or slow
/// costs lines, which are counted and told of later, never a caller's time or more than 2 MiB.
void start(const Options& options);
/// Writes what is gathered and stops the flushing thread; later lines go out unbatched.
void stop() noexcept;
/// Writes what is gathered now.
void flush() noexcept;

/// Once a second or so, by whoever has the time: sums up what was repeated a minute ago.
void tick() noexcept;

/// Which request a line is about; what is empty is left out.
struct About {
  std::string_view request_id;
  std::string_view trace;  // trace-id of W3C Trace Context, 32 hexadecimal digits
  std::string_view span;   // its parent-id, 16 of them
};

bool enabled(Level level) noexcept;
/// From here on.
void set_level(Level level) noexcept;
/// One line, UTF-8. Control characters, line ends among them, are escaped; past 4 KiB it is cut.
void write(Level level, std::string_view line, const About& about = {}) noexcept;

/// `what` and `why` in one line; without `why` where there is no memory for both.
void failure(Level level, std::string_view what, std::string_view why, const About& about = {}) noexcept;

inline void debug(std::string_view line, const About& about = {}) {
  write(Level::debug, line, about);
}
inline void info(std::string_view line, const About& about = {}) {
  write(Level::info, line, about);
}
inline void warning(std::string_view line, const About& about = {}) {
  write(Level::warning, line, about);
}
inline void error(std::string_view line, const About& about = {}) {
  write(Level::error, line, about);
}

/// One answered request. Views are read before the call returns.
struct Access {
  About about;
  std::string_view method;
  std::string_view path;  // without the query, which may hold anything
  int status = 0;
  std::int64_t micros = 0;   // from the read request to the answer, ready to be sent
  std::int64_t user_id = 0;  // 0: nobody
  std::string_view client;   // address as nginx saw it
  std::string_view route;    // row of the table of routes; empty: none
  std::string_view session;  // its bytes, shown in hexadecimal; empty: none
};
/// Formats and gathers the line; control characters of foreign text are escaped. Thread-safe.
void access(const Access& entry) noexcept;

/// `text` in double quotes, with control characters, quotes, backslashes and bytes beyond ASCII escaped,
/// cut after `limit` bytes of it: how foreign text goes into a line.
std::string quoted(std::string_view text, std::size_t limit = 256);

}  // namespace util::log
