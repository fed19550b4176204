#include "util/log.h"

#include <fmt/compile.h>
#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <memory>

#include "util/log_sink.h"
#include "util/unicode.h"

namespace util::log {
namespace {

/// PIPE_BUF: a line is one atomic write, also where several processes share a pipe.
constexpr std::size_t kLineSize = 4096;
constexpr std::size_t kPathLimit = 512;

std::atomic<Level> level{Level::info};
std::atomic<bool> journal{false};
std::atomic<Sink*> current{nullptr};

/// One line on the stack. What does not fit is left out, and three dots say so.
class Line {
 public:
  void push_back(char c) noexcept { append({&c, 1}); }
  void append(std::string_view text) noexcept {
    const std::size_t fits = std::min(text.size(), kRoom - size_);
    std::memcpy(text_.data() + size_, text.data(), fits);
    size_ += fits;
    cut_ = cut_ || fits < text.size();
  }
  template <typename Format, typename... Args>
  void format(const Format& format, const Args&... args) {
    const auto result = fmt::format_to_n(text_.data() + size_, kRoom - size_, format, args...);
    cut_ = cut_ || result.size > kRoom - size_;
    size_ += std::min(result.size, kRoom - size_);
  }
  std::string_view finish() noexcept {
    if (cut_) {
      std::memcpy(text_.data() + size_, "...", 3);
      size_ += 3;
    }
    text_[size_++] = '\n';
    return {text_.data(), size_};
  }

 private:
  static constexpr std::size_t kRoom = kLineSize - 4;
  std::array<char, kLineSize> text_;  // NOLINT: filled from the front, never read beyond size_
  std::size_t size_ = 0;
  bool cut_ = false;
};

template <typename Out>
void append_escaped(Out& out, char c) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('\\');
  switch (c) {
    case '"':
    case '\\':
      return out.push_back(c);
    case '\n':
      return out.push_back('n');
    case '\r':
      return out.push_back('r');
    case '\t':
      return out.push_back('t');
    default:
      out.push_back('x');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
  }
}

template <typename Out>
void append_quoted(Out& out, std::string_view text, std::size_t limit) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  const bool cut = text.size() > limit;
  text = text.substr(0, limit);
  out.push_back('"');
  while (!text.empty()) {
    const auto* end = std::find_if_not(text.begin(), text.end(), is_plain);
    const auto plain = static_cast<std::size_t>(end - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    append_escaped(out, text.front());
    text.remove_prefix(1);
  }
  if (cut) out.append(std::string_view("..."));
  out.push_back('"');
}

/// Bare where nothing in it could be taken for something else, quoted otherwise.
void append_field(Line& line, std::string_view value) {
  const auto is_bare = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == ':' || c == '_';
  };
  if (value.empty()) return line.push_back('-');
  if (value.size() <= 64 && std::all_of(value.begin(), value.end(), is_bare)) return line.append(value);
  append_quoted(line, value, 64);
}

/// Marks that steer a terminal or reorder what a reader sees.
bool is_visible(char32_t c) noexcept {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
      return false;
    default:
      return true;
  }
}

/// Our own sentence, which may be UTF-8; what is not visible text in it is escaped.
void append_message(Line& line, std::string_view text) noexcept {
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t start = offset;
    const char32_t c = unicode::next(text, offset);
    const std::string_view bytes = text.substr(start, offset - start);
    const bool valid = c != U'\ufffd' || bytes.size() == 3;
    if (valid && (c < 0x80 ? c >= 0x20 && c < 0x7f : is_visible(c))) {
      line.append(bytes);
    } else {
      for (const char byte : bytes) append_escaped(line, byte);
    }
  }
}

/// 2026-07-29T10:11:12.345Z; the part down to the second is formatted once a second and thread.
void append_time(Line& line) {
  struct Second {
    std::int64_t number = -1;
    std::array<char, 20> text{};
  };
  static thread_local Second cached;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (cached.number != now.tv_sec) {
    tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    std::strftime(cached.text.data(), cached.text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    cached.number = now.tv_sec;
  }
  line.append(cached.text.data());
  line.format(FMT_COMPILE(".{:03}Z "), now.tv_nsec / 1'000'000);
}

void begin(Line& line, Level of) {
  struct Prefix {
    std::string_view journal;  // sd-daemon(3)
    std::string_view text;
  };
  static constexpr std::array<Prefix, 4> kPrefixes{{
      {"<7>", "debug   "},
      {"<6>", "info    "},
      {"<4>", "warning "},
      {"<3>", "error   "},
  }};
  const Prefix& prefix = kPrefixes.at(static_cast<std::size_t>(of));
  if (journal.load(std::memory_order_relaxed)) return line.append(prefix.journal);
  append_time(line);
  line.append(prefix.text);
}

std::size_t dropped_line(char* out, std::size_t size, std::uint64_t lines) {
  Line line;
  begin(line, Level::warning);
  line.format(FMT_COMPILE("{} log lines were dropped: they were not taken fast enough, or not at all"),
              lines);
  const std::string_view text = line.finish();
  const std::size_t fits = std::min(size, text.size());
  std::memcpy(out, text.data(), fits);
  return fits;
}

/// Never destroyed: a thread may log while the process exits.
Sink& sink() {
  static Sink* const before_start = new Sink(2, dropped_line);
  Sink* const started = current.load(std::memory_order_acquire);
  return started != nullptr ? *started : *before_start;
}

}  // namespace

void start(const Options& options) {
  stop();
  // A log whose reader has gone is counted as dropped lines, and ends nothing.
  std::signal(SIGPIPE, SIG_IGN);
  level.store(options.level, std::memory_order_relaxed);
  journal.store(options.journal, std::memory_order_relaxed);
  auto next = std::make_unique<Sink>(options.fd, dropped_line);
  next->batch();
  delete current.exchange(next.release(), std::memory_order_acq_rel);
}

void stop() noexcept {
  if (Sink* const started = current.load(std::memory_order_acquire)) started->stop();
}

void flush() noexcept {
  if (Sink* const started = current.load(std::memory_order_acquire)) started->flush();
}

bool enabled(Level of) noexcept {
  return of >= level.load(std::memory_order_relaxed);
}

void set_level(Level from) noexcept {
  level = from;
}

void write(Level of, std::string_view text) noexcept {
  if (!enabled(of)) return;
  Line line;
  begin(line, of);
  append_message(line, text);
  sink().put(line.finish(), of >= Level::warning);
}

void access(const Access& entry) noexcept {
  if (!enabled(Level::info)) return;
  Line line;
  begin(line, Level::info);
  line.append("id=");
  append_field(line, entry.request_id);
  line.append(" method=");
  append_field(line, entry.method);
  line.append(" path=");
  append_quoted(line, entry.path, kPathLimit);
  const std::int64_t micros = std::max<std::int64_t>(entry.micros, 0);
  line.format(FMT_COMPILE(" status={} ms={}.{:03} user="), entry.status, micros / 1000, micros % 1000);
  if (entry.user_id == 0) {
    line.push_back('-');
  } else {
    line.format(FMT_COMPILE("{}"), entry.user_id);
  }
  line.append(" client=");
  append_field(line, entry.client);
  sink().put(line.finish(), false);
}

std::string quoted(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(text.size(), limit) + 8);
  append_quoted(out, text, limit);
  return out;
}

}  // namespace util::log
