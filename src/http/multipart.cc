#include "http/multipart.h"

#include <string.h>  // memmem

#include <algorithm>
#include <optional>
#include <utility>

#include "http/form.h"
#include "http/header_value.h"
#include "http/lenient_base64.h"
#include "util/secret.h"

namespace http {
namespace {

/// A part's header must end within that many bytes, or it counts as none.
constexpr std::size_t kMaxPartHeader = 1024;
constexpr std::size_t kMaxBoundary = 201;

util::unexpected<std::string> refuse(std::string reason) {
  return util::unexpected("Multipart form parse error - " + std::move(reason));
}

bool is_valid_boundary(std::string_view boundary) noexcept {
  return !boundary.empty() && boundary.size() <= kMaxBoundary && boundary.back() != ' ' &&
         std::all_of(boundary.begin(), boundary.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

/// memmem is linear in the worst case; string_view::find is not.
std::size_t find(std::string_view text, std::string_view needle, std::size_t from) noexcept {
  const void* found = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

struct Part {
  std::string_view content;
  std::string name;      // bytes
  bool is_file = false;  // it has a file name, be it a useless one
  bool is_kept = true;
  bool is_base64 = false;
};

/// Nothing is left of it without its path: Django passes over such a file.
bool is_useless_file_name(std::string_view name) noexcept {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  return name.empty() || name == "." || name == "..";
}

/// `line` is one header of a part; unknown ones and nonsense are passed over.
void read_header(std::string_view line, std::optional<Part>& part, bool& is_base64) {
  const HeaderValue value(line);
  const std::size_t colon = value.head().find(':');
  if (colon == std::string_view::npos || !is_ascii(value.head())) return;
  const std::string_view name = value.head().substr(0, colon);
  if (equal_ignoring_case(name, "content-transfer-encoding")) {
    is_base64 = equal_ignoring_case(trim(value.head().substr(colon + 1)), "base64");
    return;
  }
  if (!equal_ignoring_case(name, "content-disposition")) return;
  part.reset();
  const std::optional<std::string> field = value.parameter("name");
  if (!field) return;
  part.emplace();
  part->name = trim(*field);
  const std::string file = value.parameter("filename").value_or("");
  part->is_file = !file.empty();
  part->is_kept = !part->is_file || !(part->name.empty() || is_useless_file_name(file));
}

/// `text` is what stands between two boundaries.
std::optional<Part> read_part(std::string_view text) {
  const std::size_t header_end = text.substr(0, kMaxPartHeader).find("\r\n\r\n");
  if (header_end == std::string_view::npos) return std::nullopt;
  std::optional<Part> part;
  bool is_base64 = false;
  std::string_view header = text.substr(0, header_end);
  while (!header.empty()) {
    const std::size_t end = std::min(header.find("\r\n"), header.size());
    read_header(header.substr(0, end), part, is_base64);
    header.remove_prefix(std::min(end + 2, header.size()));
  }
  if (!part) return std::nullopt;
  part->is_base64 = is_base64;
  part->content = text.substr(header_end + 4);
  return part;
}

std::string_view without_line_end(std::string_view text) noexcept {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

util::Secret content_text(const Part& part, Charset charset) {
  if (part.is_base64) {
    if (std::optional<std::string> bytes = from_lenient_base64(part.content)) {
      return util::Secret::take(to_text(util::Secret::take(std::move(*bytes)).reveal(), charset));
    }
  }
  return util::Secret::take(to_text(part.content, charset));
}

class Fields {
 public:
  explicit Fields(Charset charset) : charset_(charset) {}

  /// The sentence when there are too many.
  std::optional<std::string> add(const Part& part) {
    if (part.is_file ? ++file_count_ > kMaxFiles : ++field_count_ > kMaxFields) {
      return part.is_file ? "more than " + std::to_string(kMaxFiles) + " files"
                          : "more than " + std::to_string(kMaxFields) + " fields";
    }
    const std::string name = to_text(part.name, charset_);
    if (!part.is_file) {
      fields_.set(name, json::Value::string(content_text(part, charset_).reveal()));
    } else if (part.is_kept) {
      files_.set(name, json::Value::object());
    }
    return std::nullopt;
  }

  json::Value take() {
    files_.each([this](std::string_view name, const json::Value& file) { fields_.set(name, file); });
    return std::move(fields_);
  }

 private:
  Charset charset_;
  json::Value fields_ = json::Value::object();
  json::Value files_ = json::Value::object();
  std::size_t field_count_ = 0;
  std::size_t file_count_ = 0;
};

}  // namespace

util::Result<json::Value, std::string> read_multipart(std::string_view content_type, std::string_view body,
                                                      Charset charset) {
  if (!is_ascii(content_type)) {
    return refuse("Invalid non-ASCII Content-Type in multipart: " + to_text(content_type, Charset::latin1));
  }
  const HeaderValue type(content_type);
  if (!equal_ignoring_case(type.head().substr(0, 10), "multipart/")) {
    return refuse("Invalid Content-Type: " + std::string(content_type));
  }
  const std::optional<std::string> boundary = type.parameter("boundary");
  if (!boundary || !is_valid_boundary(*boundary)) {
    return refuse("Invalid boundary in multipart: " +
                  (boundary ? to_text(*boundary, Charset::utf8) : "None"));
  }

  Fields fields(charset);
  const std::string delimiter = "--" + *boundary;
  std::size_t at = find(body, delimiter, 0);
  while (at != std::string_view::npos) {
    const std::size_t start = at + delimiter.size();
    if (body.substr(start, 2) == "--") break;
    at = find(body, delimiter, start);
    const bool is_whole = at != std::string_view::npos;
    const std::string_view text =
        is_whole ? without_line_end(body.substr(start, at - start)) : body.substr(start);
    const std::optional<Part> part = read_part(text);
    if (!part || (part->is_file && !is_whole)) continue;
    if (std::optional<std::string> reason = fields.add(*part)) return refuse(std::move(*reason));
  }
  return fields.take();
}

}  // namespace http
