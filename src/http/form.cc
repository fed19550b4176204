#include "http/form.h"

#include <algorithm>

#include "http/percent.h"
#include "util/secret.h"
#include "util/unicode.h"

namespace http {
namespace {

/// Calls visit(name, value), both still encoded, for each pair.
template <typename Visit>
void each_pair(std::string_view pairs, Visit&& visit) {
  while (!pairs.empty()) {
    const std::size_t end = std::min(pairs.find('&'), pairs.size());
    const std::string_view pair = pairs.substr(0, end);
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    visit(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
  }
}

}  // namespace

util::Result<json::Value, std::string> read_form(std::string_view body, Charset charset) {
  const auto separators = static_cast<std::size_t>(std::count(body.begin(), body.end(), '&'));
  if (separators >= kMaxFields) {
    return util::unexpected("Form parse error - more than " + std::to_string(kMaxFields) + " fields");
  }
  // Raw bytes that are no UTF-8 make Django take all of them for ISO 8859-1, percent-encoded ones not.
  util::Secret from_latin1;
  if (charset == Charset::utf8 && !util::unicode::is_utf8(body)) {
    from_latin1 = util::Secret::take(to_text(body, Charset::latin1));
    body = from_latin1.reveal();
  }
  json::Value fields = json::Value::object();
  each_pair(body, [&](std::string_view name, std::string_view value) {
    const auto decoded = util::Secret::take(percent_decoded(value, Plus::is_space));
    const auto text = util::Secret::take(to_text(decoded.reveal(), charset));
    fields.set(to_text(percent_decoded(name, Plus::is_space), charset), json::Value::string(text.reveal()));
  });
  return fields;
}

std::optional<std::string> query_field(std::string_view query, std::string_view name) {
  std::optional<std::string> found;
  each_pair(query, [&](std::string_view key, std::string_view value) {
    if (percent_decoded(key, Plus::is_space) == name) found = percent_decoded(value, Plus::is_space);
  });
  return found;
}

}  // namespace http
