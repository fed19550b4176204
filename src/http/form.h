// application/x-www-form-urlencoded, as Django's QueryDict takes it: pairs at `&` only, `+` and %XX,
// bytes that are not text become U+FFFD.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/charset.h"
#include "json/value.h"
#include "util/error.h"

namespace http {

/// Django's DATA_UPLOAD_MAX_NUMBER_FIELDS.
inline constexpr std::size_t kMaxFields = 1000;

/// An object of strings, the last of a repeated key; or the sentence for the client.
util::Result<json::Value, std::string> read_form(std::string_view body, Charset charset);

/// The field of a query string, decoded, the last of that name.
std::optional<std::string> query_field(std::string_view query, std::string_view name);

}  // namespace http
