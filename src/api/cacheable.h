// Answers that others may keep for a while, and ask after with the entity tag: RFC 9110 section 8.8.3, RFC
// 9111.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/request.h"
#include "http/response.h"

namespace api {

struct Document {
  Document() = default;
  explicit Document(std::string text);

  std::string body;
  std::string tag;  // with its quotes; strong, of the bytes that are sent
};

/// 200, or 304 without a body where the client has it already.
http::Response cacheable(const Document& document, std::string_view type, std::chrono::seconds max_age,
                         const http::Request& request);

}  // namespace api
