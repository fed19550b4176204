// Tokens: a text that no key has signed is never accepted (but for the twin of an ES256
// signature, r and n - s, which verifies as RFC 7518 has it and which no edit here comes upon). An input that
// begins with a digit is a script of edits to one of our own tokens, which no fuzzer would come upon; all
// else is a token as it stands.
#include <string>

#include "jwt/unverified.h"
#include "target.h"
#include "token_house.h"

namespace {

/// `<which><position, two bytes><what to do><character>…`
std::string edited(std::string_view script) {
  auto& houses = fuzz::token_houses();
  const auto which = static_cast<std::size_t>(script[0] - '0');
  const auto& house = houses[which / 2 % houses.size()];
  std::string token = which % 2 == 0 ? house.access() : house.refresh();
  for (script.remove_prefix(1); script.size() >= 4 && !token.empty(); script.remove_prefix(4)) {
    const std::size_t high = static_cast<unsigned char>(script[0]);
    const std::size_t at = (high << 8 | static_cast<unsigned char>(script[1])) % token.size();
    switch (script[2] & 3) {
      case 0:
        token[at] = script[3];
        break;
      case 1:
        token.insert(at, 1, script[3]);
        break;
      case 2:
        token.erase(at, 1 + static_cast<std::size_t>(script[3] & 3));
        break;
      default:  // to the part behind a dot
        token.insert(std::min(token.find('.', at), token.size()), 1, script[3]);
    }
  }
  return token;
}

void run(std::string_view input) {
  const bool is_script = !input.empty() && input[0] >= '0' && input[0] <= '9';
  const std::string token = is_script ? edited(input) : std::string(input);
  for (auto& house : fuzz::token_houses()) {
    if (house.issued(token)) continue;
    fuzz::require(!house.verifies(token), "a token that nobody issued is verified", token);
    fuzz::require(!house.lets_in(token), "a token that nobody issued lets someone in", token);
  }
  jwt::ClaimsRoom room;
  const auto issuer = jwt::unverified_issuer(token, room);
  fuzz::require(issuer.size() <= room.size(), "an issuer that is longer than its token");
}

const fuzz::Registered registered("compact_token", run);

}  // namespace
