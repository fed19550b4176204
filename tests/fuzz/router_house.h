// The whole request path over stores in memory, for inputs of any sort.
#pragma once

#include <string_view>

#include "http/request.h"

namespace fuzz {

/// Answers, and requires of the answer what holds of all: a documented status, JSON that is JSON, header
/// lines that nobody has broken. `{access}`, `{refresh}` and `{personal}` in the fields that carry
/// credentials stand for good ones of ada's, whose password is in `{password}`'s place in bodies.
void answer(http::Request request);

}  // namespace fuzz
