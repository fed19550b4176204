// Outcomes to answers: the one place that knows the sentences of DRF and simplejwt for refusals.
#pragma once

#include <string_view>

#include "accounts/field_errors.h"
#include "accounts/throttle.h"
#include "http/response.h"
#include "tokens/bearer.h"
#include "tokens/claims.h"
#include "tokens/refresh_tokens.h"

namespace api {

/// 400 `{"username":["…"],"password":["…","…"]}`.
http::Response field_errors(const accounts::FieldErrors& errors);

/// What is wrong with the token, in the words of the simplejwt release that is spoken.
std::string_view sentence(tokens::TokenDefect defect, bool simplejwt_5_2) noexcept;

/// 401 of refresh, verify, blacklist: `{"detail":"…","code":"token_not_valid"}`.
http::Response bad_token(tokens::TokenDefect defect, bool simplejwt_5_2);
/// 401 of a protected route, with simplejwt's `messages`.
http::Response bad_bearer(tokens::TokenDefect defect, bool simplejwt_5_2);
http::Response bad_bearer(tokens::BearerDefect defect);
/// 401 of refresh for a token that is good, and whose user is not.
http::Response refused(tokens::RefreshRefusal refusal);

/// The same of whatever authentication refused.
http::Response refused_bearer(const tokens::BearerOutcome& outcome, bool simplejwt_5_2);
/// 429, without a look at the password.
http::Response too_many(const accounts::Throttled& throttled);

http::Response no_content();
http::Response not_found();
http::Response method_not_allowed(std::string_view method);

}  // namespace api
