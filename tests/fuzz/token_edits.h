// Ways to make another text of a valid token: what a forger, a careless proxy or a lenient decoder would do.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "chance.h"
#include "token_house.h"

namespace fuzz {

struct TokenEdit {
  std::string_view name;
  /// May come out as the token itself, which the caller passes over.
  std::string (*edited)(const std::string& token, const TokenHouse& house, Chance& chance);
};

std::span<const TokenEdit> token_edits();

}  // namespace fuzz
