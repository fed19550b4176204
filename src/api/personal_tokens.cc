// GET and POST /api/tokens/, DELETE /api/tokens/{id}/

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "api/time_text.h"
#include "json/writer.h"
#include "tokens/personal_token_text.h"
#include "tokens/session_id.h"
#include "util/unicode.h"

namespace api {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostName = 100;    // characters
constexpr std::size_t kMostScope = 1000;  // the same, all words together
constexpr seconds kUsualLifetime = std::chrono::days(90);
constexpr seconds kLongestLifetime = std::chrono::hours(876'000);  // where the configuration says nothing

constexpr Field kFields[] = {
    {"name", Field::Type::string, true, false, "Name", "", kMostName},
    {"scopes", Field::Type::words, false, false, "Scopes", "What it may be used for.", kMostScope},
    {"expires_in", Field::Type::integer, false, false, "Expires in",
     "Seconds; 0, where that is allowed: never.", 0},
    {"expires_at", Field::Type::datetime, false, false, "Expires at", "Instead of expires_in.", 0},
};

std::string name_of(Form& form) {
  std::string name = form.take("name").value_or("");
  if (util::unicode::length(name) > kMostName)
    form.errors.add("name", "Ensure this field has no more than 100 characters.");
  return name;
}

std::string scope_of(Form& form) {
  auto scope = tokens::scope_of(form.take("scopes").value_or(""));
  if (!scope) {
    form.errors.add("scopes", "Enter words of printable ASCII, without quotes and backslashes.");
  } else if (scope->size() > kMostScope) {
    form.errors.add("scopes", "Ensure this field has no more than 1000 characters.");
  }
  return std::move(scope).value_or("");
}

/// Nothing: never; or an error was noted.
std::optional<util::TimePoint> end_by_seconds(Form& form, const std::string& text, util::TimePoint now,
                                              seconds longest, bool may_be_endless) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::int64_t least = may_be_endless ? 0 : 1;
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    form.errors.add("expires_in", "A valid integer is required.");
  } else if (error == std::errc::result_out_of_range ? text.front() != '-' : count > longest.count()) {
    form.errors.add("expires_in",
                    "Ensure this value is less than or equal to " + std::to_string(longest.count()) + ".");
  } else if (count < least || error != std::errc()) {
    form.errors.add("expires_in",
                    "Ensure this value is greater than or equal to " + std::to_string(least) + ".");
  } else if (count > 0) {
    return now + seconds(count);
  }
  return std::nullopt;
}

std::optional<util::TimePoint> end_by_time(Form& form, const std::string& text, util::TimePoint now,
                                           seconds longest) {
  const auto time = parse_time_text(text);
  if (!time) {
    form.errors.add("expires_at",
                    "Datetime has wrong format. Use one of these formats instead: "
                    "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].");
  } else if (*time <= now) {
    form.errors.add("expires_at", "Ensure this time is not over.");
  } else if (*time > now + longest) {
    form.errors.add("expires_at",
                    "Ensure this time is at most " + std::to_string(longest.count()) + " seconds from now.");
  } else {
    return time;
  }
  return std::nullopt;
}

std::optional<util::TimePoint> end_of(Form& form, util::TimePoint now, seconds max_lifetime) {
  const bool may_be_endless = max_lifetime == seconds::zero();
  const seconds longest = may_be_endless ? kLongestLifetime : max_lifetime;
  const auto in = form.take("expires_in");
  const auto at = form.take("expires_at");
  if (in && at) form.errors.add("expires_at", "Give expires_in or expires_at, not both.");
  if (in) return end_by_seconds(form, *in, now, longest, may_be_endless);
  if (at) return end_by_time(form, *at, now, longest);
  return now + std::min(kUsualLifetime, longest);
}

void add_time(json::Object& object, std::string_view key, std::optional<util::TimePoint> time) {
  if (time) {
    object.field(key, time_text(*time));
  } else {
    object.raw(key, "null");
  }
}

/// `text`: the token itself, which is told once.
void append_token(std::string& body, const store::PersonalToken& token, std::string_view text = {}) {
  std::string scopes = "[";
  for (std::string_view rest = token.scope; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (scopes.size() > 1) scopes += ',';
    json::append_quoted(scopes, word);
  }
  scopes += ']';
  json::Object object(body);
  object.field("id", tokens::sid_text(token.id))
      .field("name", token.name)
      .field("hint", token.hint)
      .raw("scopes", scopes)
      .field("created", time_text(token.created_at));
  add_time(object, "expires", token.expires_at);
  add_time(object, "last_used", token.last_used_at);
  if (!text.empty()) object.field("token", text);
  object.close();
}

store::MadeBy login_of(const tokens::Principal& principal) {
  return {principal.session, principal.has_sid ? std::nullopt : std::optional(principal.issued)};
}

}  // namespace

std::span<const Field> personal_token_fields(const ApiOptions&) {
  return kFields;
}

std::optional<http::Response> list_personal_tokens(Services& services, const Context& context) {
  http::Response response;
  response.no_store = true;
  response.body = "[";
  for (const store::PersonalToken& token : services.personal_tokens.list(context.principal->user->id)) {
    if (response.body.size() > 1) response.body += ',';
    append_token(response.body, token);
  }
  response.body += ']';
  return response;
}

std::optional<http::Response> create_personal_token(Services& services, const Context& context) {
  auto form = read_form(context.request, kFields);
  if (!form) return std::move(form.error());
  form->refuse_odd_characters();
  const auto& options = services.personal_tokens.options();
  tokens::PersonalTokens::Wanted wanted{name_of(*form), scope_of(*form),
                                        end_of(*form, services.personal_tokens.now(), options.max_lifetime)};
  form->errors.arrange({"name", "scopes", "expires_in", "expires_at"});
  if (!form->errors.empty()) return field_errors(form->errors);

  const auto outcome =
      services.personal_tokens.create(context.principal->user->id, std::move(wanted),
                                      login_of(*context.principal), origin_of(context.request));
  if (const auto* refusal = std::get_if<tokens::PersonalTokens::Refusal>(&outcome)) {
    if (*refusal == tokens::PersonalTokens::Refusal::login_ended)
      return bad_bearer(tokens::TokenDefect::blacklisted, services.options.simplejwt_5_2);
    form->errors.add("non_field_errors", "You have " + std::to_string(options.max_per_user) +
                                             " tokens, and may have no more. Delete one first.");
    return field_errors(form->errors);
  }
  const auto& made = std::get<tokens::PersonalTokens::Made>(outcome);
  http::Response response;
  response.status = 201;
  response.no_store = true;
  append_token(response.body, made.row, made.text.reveal());
  return response;
}

std::optional<http::Response> delete_personal_token(Services& services, const Context& context) {
  const auto id = tokens::read_sid(context.parameter);
  if (!id ||
      !services.personal_tokens.revoke(context.principal->user->id, *id, "", origin_of(context.request))) {
    return not_found();
  }
  return no_content();
}

}  // namespace api
