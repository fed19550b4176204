// Internationalised domain names as Python's `idna` codec encodes them: IDNA 2003 (RFC 3490), with
// Nameprep (RFC 3491) and Punycode (RFC 3492).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace accounts {

/// The ASCII form of `domain`, or nothing when it has none: a label is empty or longer than 63, has a
/// prohibited character, or mixes directions. UseSTD3ASCIIRules is off: other rules judge the ASCII.
std::optional<std::string> ascii_domain(std::string_view domain);

}  // namespace accounts
