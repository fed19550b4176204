#include "http/charset.h"

#include <algorithm>
#include <array>
#include <optional>

#include "http/header_value.h"
#include "json/ill_formed.h"
#include "util/ascii.h"
#include "util/unicode.h"

namespace http {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// The names that Python's codecs give ISO 8859-1, with `_` for every separator.
constexpr std::array<std::string_view, 14> kLatin1Names{
    "iso_8859_1", "latin_1",    "latin1",          "iso8859_1",   "l1",
    "8859",       "iso8859",    "cp819",           "csisolatin1", "ibm819",
    "latin",      "iso_ir_100", "iso_8859_1_1987", "8859_1"};

std::string codec_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += c == '-' || c == ' ' || c == ':' ? '_' : util::ascii::lower(c);
  }
  return out;
}

}  // namespace

Charset charset_of(std::string_view content_type) {
  if (content_type.find(';') == std::string_view::npos) return Charset::utf8;
  const std::optional<std::string> charset = HeaderValue(content_type).parameter("charset");
  if (!charset) return Charset::utf8;
  const bool latin1 =
      std::find(kLatin1Names.begin(), kLatin1Names.end(), codec_name(*charset)) != kLatin1Names.end();
  return latin1 ? Charset::latin1 : Charset::utf8;
}

std::string to_text(std::string_view bytes, Charset charset) {
  std::string out;
  out.reserve(bytes.size());
  if (charset == Charset::latin1) {
    for (const char c : bytes) util::unicode::append(out, static_cast<unsigned char>(c));
    return out;
  }
  while (true) {
    const std::size_t bad = util::unicode::first_invalid_byte(bytes);
    out += bytes.substr(0, bad);
    if (bad == std::string_view::npos) return out;
    util::unicode::append(out, kReplacement);
    bytes.remove_prefix(bad + json::ill_formed(bytes, bad).length);
  }
}

}  // namespace http
