// The OpenAPI document as a page for people: static HTML and one style sheet, no script.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace api {

/// `openapi` is what openapi() makes; all that stands in it is escaped.
std::string docs_page(const json::Value& openapi);
/// docs.css, which the page expects beside it.
std::string_view docs_style();

}  // namespace api
