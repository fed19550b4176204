// What a location wants of whom it lets in: words with a space between, all of which must hold.
//
//   user                users of ours, by a login or a personal access token
//   login               users of ours who logged in
//   staff  superuser    users of ours with that mark
//   group=NAME[,NAME]   in one of these groups
//   scope=WORD          a credential that is limited has it; a login may do all that its user may
//   max_age=SECONDS     so long ago at most he proved who he is
//   token=AUDIENCE      no condition: upstream gets a token for this audience
//
// Values are percent-encoded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tokens/bearer.h"

namespace api {

enum class Verdict {
  met,
  unmet,
  unreadable,  // a mistake in nginx's configuration: nobody passes
};

struct Judgement {
  Verdict verdict = Verdict::met;
  std::string audience{};  // of token=; empty: none is wanted
};

/// `rule` as JWTAUTHD_RULE has it: the name of the gateway's location, then the words. `now` in seconds.
Judgement judge(std::string_view rule, const tokens::Principal& principal, std::int64_t now);

}  // namespace api
