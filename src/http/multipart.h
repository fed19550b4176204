// multipart/form-data (RFC 7578), as Django's MultiPartParser takes it.
#pragma once

#include <string>
#include <string_view>

#include "http/charset.h"
#include "json/value.h"
#include "util/error.h"

namespace http {

/// Django's DATA_UPLOAD_MAX_NUMBER_FILES.
inline constexpr std::size_t kMaxFiles = 100;

/// An object of strings, the last of a repeated name; or the sentence for the client. A part with a file
/// name counts as an empty object, so that a field which wants text refuses it, as DRF's would; its
/// content is not kept. What precedes the first boundary and follows the closing one is ignored.
util::Result<json::Value, std::string> read_multipart(std::string_view content_type, std::string_view body,
                                                      Charset charset);

}  // namespace http
