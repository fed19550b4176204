// A file of SQL as its statements, the way the mysql client reads one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "util/error.h"

namespace store {

/// Knows 'text', "text" and `names` with doubled quotes and backslashes, `-- `, `#` and /* */ comments,
/// and `DELIMITER x` lines. Comments are dropped, but for /*! … */ and optimizer hints, which the server
/// reads. An Error for a quote or comment that does not end.
util::Result<std::vector<std::string>> split_statements(std::string_view sql);

}  // namespace store
