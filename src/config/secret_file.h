// Files that hold secrets. Inside config only.
#pragma once

#include <string>
#include <string_view>

#include "util/error.h"
#include "util/secret.h"

namespace config {

/// The content without the line end. Refuses a file that others can read or change, an empty one, one
/// over 64 KiB. The error says why, without the content.
util::Result<util::Secret> read_secret(const std::string& path);

/// The same checks, when someone else will read it.
util::Result<void> check_secret(const std::string& path);

/// A PEM file: a key, and never the secret of HS*.
bool is_pem(std::string_view content);

/// Why others may not have those permissions, or an empty text.
std::string too_open(unsigned mode);

}  // namespace config
