// man(7) markup.
#pragma once

#include <string>
#include <string_view>

namespace jwtauthd::roff {

/// Text that means itself: no request, no escape, no typographic hyphen or quote.
std::string plain(std::string_view text);
std::string bold(std::string_view text);
std::string italic(std::string_view text);

/// The title line, with the version at the foot.
std::string title(std::string_view name, std::string_view section, std::string_view version);
std::string heading(std::string_view text);
/// Lines as they stand.
std::string verbatim(std::string_view lines);

}  // namespace jwtauthd::roff
