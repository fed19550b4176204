#include "util/base_letters.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace util::unicode {

std::string base_letters(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  constexpr auto kOptions =
      static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE |
                                     UTF8PROC_STRIPCC | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &mapped, kOptions);
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> held(mapped, std::free);
  if (size < 0) return std::string(text);  // no UTF-8
  std::string letters(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  std::erase(letters,
             ' ');  // STRIPCC makes them of some control characters; a collation drops those at the end
  return letters;
}

}  // namespace util::unicode
