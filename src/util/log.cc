#include "util/log.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>

#include "util/guarded.h"
#include "util/log_line.h"
#include "util/log_repeats.h"
#include "util/log_sink.h"

namespace util::log {
namespace {

std::atomic<Level> level{Level::info};
std::atomic<Format> format{Format::text};
std::atomic<unsigned> sample_2xx{1};
std::atomic<unsigned> repeats{0};
std::atomic<Sink*> current{nullptr};

std::size_t dropped_line(char* out, std::size_t size, std::uint64_t lines) {
  const Format now = format.load(std::memory_order_relaxed);
  Line text_only({});  // without memory, which may be what there is too little of
  text_only.format(FMT_COMPILE("{} log lines were dropped: they were not taken fast enough, or not at all"),
                   lines);
  Line line(event_end(now));
  append_event(line, now, Level::warning, text_only.finish(), {});
  const std::string_view text = line.finish();
  const std::size_t fits = std::min(size, text.size());
  std::memcpy(out, text.data(), fits);
  return fits;
}

/// Never destroyed: a thread may log while the process exits.
Sink& sink() {
  if (Sink* const started = current.load(std::memory_order_acquire)) return *started;
  static Sink* const before_start = new Sink(2, dropped_line);
  return *before_start;
}

Guarded<Repeats>& repeated() {
  static auto* const all = new Guarded<Repeats>;
  return *all;
}

/// A datagram socket to journald; -1: there is none.
int connect_to_journal(const char* path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof name.sun_path) return -1;
  std::strcpy(name.sun_path, path);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

void put(Level of, std::string_view text, const About& about) noexcept {
  const Format now = format.load(std::memory_order_relaxed);
  Line line(event_end(now));
  append_event(line, now, of, text, about);
  sink().put(line.finish(), of >= Level::warning);
}

void sum_up(const std::vector<Repeats::Summary>& summaries) {
  for (const auto& summary : summaries) {
    put(summary.level, summary.text + " (" + std::to_string(summary.times) + " times more within a minute)",
        {});
  }
}

}  // namespace

void start(const Options& options) {
  stop();
  // A log whose reader has gone is counted as dropped lines, and ends nothing.
  std::signal(SIGPIPE, SIG_IGN);
  level.store(options.level, std::memory_order_relaxed);
  sample_2xx.store(std::max(options.sample_2xx, 1U), std::memory_order_relaxed);
  repeats.store(options.repeats, std::memory_order_relaxed);
  Format chosen = options.format;
  int fd = options.fd;
  auto framing = Sink::Framing::lines;
  if (chosen == Format::native) {
    if (const int journal = connect_to_journal(options.journal_socket); journal >= 0) {
      fd = journal;
      framing = Sink::Framing::entries;
    } else {
      chosen = Format::prefixed;
    }
  }
  format.store(chosen, std::memory_order_relaxed);
  auto next = std::make_unique<Sink>(fd, dropped_line, framing);
  next->batch();
  delete current.exchange(next.release(), std::memory_order_acq_rel);
}

void stop() noexcept {
  try {
    sum_up(repeated().lock()->all());
  } catch (const std::bad_alloc&) {
    // So it is not summed up.
  }
  if (Sink* const started = current.load(std::memory_order_acquire)) started->stop();
}

void flush() noexcept {
  if (Sink* const started = current.load(std::memory_order_acquire)) started->flush();
}

void tick() noexcept {
  try {
    sum_up(repeated().lock()->over(Repeats::Clock::now()));
  } catch (const std::bad_alloc&) {
    // The next one does.
  }
}

bool enabled(Level of) noexcept {
  return of >= level.load(std::memory_order_relaxed);
}

void set_level(Level from) noexcept {
  level = from;
}

void write(Level of, std::string_view text, const About& about) noexcept {
  if (!enabled(of)) return;
  const unsigned most = repeats.load(std::memory_order_relaxed);
  if (of >= Level::warning && most != 0) {
    try {
      if (!repeated().lock()->admits(of, text, most, Repeats::Clock::now())) return;
    } catch (const std::bad_alloc&) {
      // Rather once too often.
    }
  }
  put(of, text, about);
}

void failure(Level of, std::string_view what, std::string_view why, const About& about) noexcept {
  if (!enabled(of)) return;
  try {
    write(of, std::string(what).append(why), about);
  } catch (const std::bad_alloc&) {
    write(of, what, about);
  }
}

void access(const Access& entry) noexcept {
  if (!enabled(Level::info)) return;
  unsigned sample = 1;
  if (entry.status >= 200 && entry.status < 300) {
    static thread_local unsigned passed = 0;
    sample = sample_2xx.load(std::memory_order_relaxed);
    if (sample > 1 && passed++ % sample != 0) return;
  }
  const Format now = format.load(std::memory_order_relaxed);
  Line line(access_end(now));
  append_access(line, now, entry, sample);
  sink().put(line.finish(), false);
}

std::string quoted(std::string_view text, std::size_t limit) {
  std::string out = "\"";
  out.reserve(std::min(text.size(), limit) + 8);
  append_plain(out, text, limit);
  out += '"';
  return out;
}

}  // namespace util::log
