// UTF-8 unfolded into code points, for rules that look at characters from both ends.
#pragma once

#include <string>
#include <string_view>

#include "util/unicode.h"

namespace accounts {

inline std::u32string code_points(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t offset = 0; offset < text.size();) out += util::unicode::next(text, offset);
  return out;
}

}  // namespace accounts
