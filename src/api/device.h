// What a user recognises a device by, out of its User-Agent header.
#pragma once

#include <string>
#include <string_view>

namespace api {

/// "Firefox on Windows", "Safari on iPhone", "curl"; empty when it tells nothing.
std::string device_name(std::string_view user_agent);

}  // namespace api
