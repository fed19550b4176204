#include "util/log_line.h"

#include <utf8proc.h>

#include <cstdint>
#include <ctime>

#include "util/unicode.h"

namespace util::log {
namespace {

constexpr std::size_t kPathLimit = 512;
constexpr std::size_t kJsonPathLimit = 384;  // five characters of a line for each, and still it fits
constexpr std::size_t kFieldLimit = 64;

constexpr std::string_view kIdentifier = "SYSLOG_IDENTIFIER=jwtauthd\n";

struct Words {
  std::string_view prefix;  // sd-daemon(3)
  std::string_view padded;
  std::string_view name;
  std::string_view priority;  // systemd.journal-fields(7)
};

const Words& words(Level level) {
  static constexpr std::array<Words, 4> kWords{{
      {"<7>", "debug   ", "debug", "PRIORITY=7\n"},
      {"<6>", "info    ", "info", "PRIORITY=6\n"},
      {"<4>", "warning ", "warning", "PRIORITY=4\n"},
      {"<3>", "error   ", "error", "PRIORITY=3\n"},
  }};
  return kWords.at(static_cast<std::size_t>(level));
}

/// A string of JSON, or a quoted value: what ends it or begins an escape is escaped once more.
class Quoting {
 public:
  explicit Quoting(Line& line) : line_(line) {}
  void push_back(char c) noexcept {
    if (c != '"' && c != '\\') return line_.push_back(c);
    const char pair[] = {'\\', c};
    line_.append_whole({pair, 2});
  }
  void append(std::string_view text) noexcept {
    for (const char c : text) push_back(c);
  }
  void append_whole(std::string_view text) noexcept {
    text.size() == 1 ? push_back(text.front()) : line_.append_whole(text);
  }

 private:
  Line& line_;
};

void append_quoted(Line& line, std::string_view text, std::size_t limit) {
  line.push_back('"');
  append_plain(line, text, limit);
  line.push_back('"');
}

/// Bare where nothing in it could be taken for something else, quoted otherwise.
void append_field(Line& line, std::string_view value) {
  const auto is_bare = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == ':' || c == '_';
  };
  if (value.empty()) return line.push_back('-');
  if (value.size() <= kFieldLimit && std::all_of(value.begin(), value.end(), is_bare))
    return line.append(value);
  append_quoted(line, value, kFieldLimit);
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
template <typename Out>
void append_message(Out& out, std::string_view text) noexcept {
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t start = offset;
    const char32_t c = unicode::next(text, offset);
    const std::string_view bytes = text.substr(start, offset - start);
    const bool valid = c != U'\ufffd' || bytes.size() == 3;
    if (valid && (c < 0x80 ? c >= 0x20 && c < 0x7f : is_visible(c))) {
      out.append_whole(bytes);
    } else {
      for (const char byte : bytes) append_escaped(out, byte);
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
  line.format(FMT_COMPILE(".{:03}Z"), now.tv_nsec / 1'000'000);
}

/// What comes before anything of the line's own.
void begin(Line& line, Format format, Level level) {
  switch (format) {
    case Format::prefixed:
      return line.append(words(level).prefix);
    case Format::native:
      line.append(words(level).priority);
      return line.append(kIdentifier);
    case Format::text:
      append_time(line);
      line.push_back(' ');
      return line.append(words(level).padded);
    case Format::logfmt:
      line.append("time=");
      append_time(line);
      line.append(" level=");
      return line.append(words(level).name);
    case Format::json:
      line.append(R"({"time":")");
      append_time(line);
      line.append(R"(","level":")");
      line.append(words(level).name);
      return line.push_back('"');
  }
}

void json_text(Line& line, std::string_view name, std::string_view value, std::size_t limit = kFieldLimit) {
  if (value.empty()) return;
  line.append(",\"");
  line.append(name);
  line.append("\":\"");
  Quoting quoting(line);
  append_plain(quoting, value, limit);
  line.push_back('"');
}

/// A field of the native protocol; its value is one line.
void native_field(Line& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line.append(name);
  line.push_back('=');
  append_plain(line, value, kFieldLimit);
  line.push_back('\n');
}

void word(Line& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line.append(name);
  append_field(line, value);
}

std::string_view hex(std::string_view bytes, std::array<char, kFieldLimit>& out) noexcept {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t size = std::min(bytes.size(), out.size() / 2);
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out[2 * i] = kDigits[byte >> 4];
    out[2 * i + 1] = kDigits[byte & 15];
  }
  return {out.data(), 2 * size};
}

std::int64_t took(const Access& entry) noexcept {
  return std::max<std::int64_t>(entry.micros, 0);
}

/// id=… method=… path="…" status=… ms=… user=… client=…
void append_words(Line& line, const Access& entry, bool with_route) {
  line.append("id=");
  append_field(line, entry.about.request_id);
  line.append(" method=");
  append_field(line, entry.method);
  line.append(" path=");
  append_quoted(line, entry.path, kPathLimit);
  if (with_route && !entry.route.empty()) {
    line.append(" route=");
    append_quoted(line, entry.route, kFieldLimit);
  }
  line.format(FMT_COMPILE(" status={} ms={}.{:03} user="), entry.status, took(entry) / 1000,
              took(entry) % 1000);
  if (entry.user_id == 0) {
    line.push_back('-');
  } else {
    line.format(FMT_COMPILE("{}"), entry.user_id);
  }
  line.append(" client=");
  append_field(line, entry.client);
  word(line, " session=", entry.session);
  word(line, " trace=", entry.about.trace);
  word(line, " span=", entry.about.span);
}

void append_json(Line& line, const Access& entry) {
  json_text(line, "id", entry.about.request_id);
  json_text(line, "method", entry.method);
  json_text(line, "path", entry.path, kJsonPathLimit);
  json_text(line, "route", entry.route);
  line.format(FMT_COMPILE(R"(,"status":{},"ms":{}.{:03})"), entry.status, took(entry) / 1000,
              took(entry) % 1000);
  if (entry.user_id != 0) line.format(FMT_COMPILE(R"(,"user":{})"), entry.user_id);
  json_text(line, "client", entry.client);
  json_text(line, "session", entry.session);
  json_text(line, "trace", entry.about.trace);
  json_text(line, "span", entry.about.span);
}

void append_about(Line& line, const About& about) {
  native_field(line, "REQUEST_ID", about.request_id);
  native_field(line, "TRACE_ID", about.trace);
  native_field(line, "SPAN_ID", about.span);
}

void append_native(Line& line, const Access& entry) {
  append_about(line, entry.about);
  native_field(line, "JWTAUTHD_METHOD", entry.method);
  native_field(line, "JWTAUTHD_ROUTE", entry.route);
  line.format(FMT_COMPILE("JWTAUTHD_STATUS={}\nJWTAUTHD_MICROSECONDS={}\n"), entry.status, took(entry));
  if (entry.user_id != 0) line.format(FMT_COMPILE("JWTAUTHD_USER={}\n"), entry.user_id);
  native_field(line, "JWTAUTHD_SESSION", entry.session);
}

}  // namespace

std::string_view event_end(Format format) noexcept {
  if (format == Format::json) return "\"}\n";
  return format == Format::logfmt ? "\"\n" : access_end(format);
}

std::string_view access_end(Format format) noexcept {
  // An entry of the native protocol is a datagram; in the buffer an empty line ends it.
  return format == Format::native ? "\n\n" : "\n";
}

void append_event(Line& line, Format format, Level level, std::string_view text,
                  const About& about) noexcept {
  begin(line, format, level);
  if (format == Format::json) {
    json_text(line, "id", about.request_id);
    json_text(line, "trace", about.trace);
    line.append(R"(,"msg":")");
    Quoting quoting(line);
    return append_message(quoting, text);
  }
  if (format == Format::logfmt) {
    word(line, " id=", about.request_id);
    word(line, " trace=", about.trace);
    line.append(" msg=\"");
    Quoting quoting(line);
    return append_message(quoting, text);
  }
  if (format == Format::native) {
    append_about(line, about);
    line.append("MESSAGE=");
  }
  if (!about.request_id.empty()) {
    word(line, "id=", about.request_id);
    line.push_back(' ');
  }
  append_message(line, text);
}

void append_access(Line& line, Format format, const Access& bytes, unsigned sample) noexcept {
  std::array<char, kFieldLimit> digits{};
  Access entry = bytes;
  entry.session = hex(bytes.session, digits);
  begin(line, format, Level::info);
  switch (format) {
    case Format::json:
      append_json(line, entry);
      if (sample > 1) line.format(FMT_COMPILE(R"(,"sample":{})"), sample);
      return line.push_back('}');
    case Format::native:
      append_native(line, entry);
      line.append("MESSAGE=");
      break;
    case Format::logfmt:
      line.push_back(' ');
      break;
    default:
      break;
  }
  append_words(line, entry, format == Format::logfmt);
  if (sample > 1) line.format(FMT_COMPILE(" sample={}"), sample);
}

}  // namespace util::log
