// Where UTF-8 is not well-formed: how much of it is one fault, and Python's sentence for it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace json {

/// The fault at an offset: Unicode's maximal subpart, which one U+FFFD stands for.
struct IllFormed {
  enum class Kind { start_byte, continuation_byte, end_of_data };
  Kind kind;
  std::size_t length;
};

/// `offset` is that of the first byte that is not well-formed.
IllFormed ill_formed(std::string_view text, std::size_t offset) noexcept;

/// `'utf-8' codec can't decode byte 0xff in position 14: invalid start byte`.
std::string sentence(std::string_view text, std::size_t offset, const IllFormed& fault);

}  // namespace json
