// Numbers as Python writes them.
#pragma once

#include <cstdint>
#include <string>

namespace json {

void append_integer(std::string& out, std::int64_t number);

/// repr() of a Python float: the shortest digits that read back the same, `.0` where there is no
/// fraction, an exponent below 1e-4 and from 1e16.
void append_real(std::string& out, double number);

}  // namespace json
