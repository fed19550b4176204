#include "tokens/bearer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tokens/token_cache.h"
#include "tokens/user_claim.h"
#include "util/random.h"

namespace tokens {
namespace {

// What bytes.split() of Python splits on.
constexpr std::string_view white_space = " \t\n\r\v\f";

std::string_view strip(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
  text.remove_suffix(text.size() - (text.find_last_not_of(white_space) + 1));
  return text;
}

}  // namespace

struct BearerAuthenticator::Impl {
  Impl(const Verifier& verifier_in, UserDirectory& directory_in, const util::Clock& clock_in,
       BearerOptions options_in)
      : verifier(verifier_in), directory(directory_in), clock(clock_in), options(std::move(options_in)) {}

  const Verifier& verifier;
  UserDirectory& directory;
  const util::Clock& clock;
  const BearerOptions options;
  util::SystemRandom random;
  TokenCache cache{options.cached_tokens, random};

  std::variant<Vouched, BearerDefect, TokenDefect> vouch(std::string_view token);
  BearerOutcome find_user(std::int64_t id, bool may_ask_database);
};

BearerAuthenticator::BearerAuthenticator(const Verifier& verifier, UserDirectory& directory,
                                         const util::Clock& clock, BearerOptions options)
    : impl_(std::make_unique<Impl>(verifier, directory, clock, std::move(options))) {}

BearerAuthenticator::~BearerAuthenticator() = default;

BearerOutcome BearerAuthenticator::authenticate(std::string_view authorization, bool may_ask_database) {
  const std::string_view header = strip(authorization);
  const std::string_view scheme = header.substr(0, header.find_first_of(white_space));
  if (scheme != "Bearer") return BearerDefect::absent;
  const std::string_view token = strip(header.substr(scheme.size()));
  if (token.empty()) return BearerDefect::bad_header;

  const auto vouched = impl_->vouch(token);
  if (const auto* defect = std::get_if<TokenDefect>(&vouched)) return *defect;
  if (const auto* defect = std::get_if<BearerDefect>(&vouched)) return *defect;
  return impl_->find_user(std::get<Vouched>(vouched).user_id, may_ask_database);
}

std::optional<std::int64_t> BearerAuthenticator::user_id(const json::Value& claims) const {
  const auto id = named_user(claims, impl_->options.user_id_claim);
  if (!id || *id == nobody) return std::nullopt;
  return id;
}

std::variant<Vouched, BearerDefect, TokenDefect> BearerAuthenticator::Impl::vouch(std::string_view token) {
  if (const auto known = cache.find(token)) {
    if (!verifier.expired(known->expires, clock.unix_now())) return *known;
    cache.erase(token);
    return TokenDefect::expired;
  }
  // Only here, since what is in the cache has none and looking costs more than a hit.
  if (token.find_first_of(white_space) != std::string_view::npos) return BearerDefect::bad_header;
  const auto verified = verifier.verify(token, TokenType::access);
  if (!verified) return verified.error();
  const auto user_id = named_user(verified->claims, options.user_id_claim);
  if (!user_id) return BearerDefect::no_user_claim;
  const Vouched vouched{*user_id, verified->expires};
  cache.insert(token, vouched);
  return vouched;
}

BearerOutcome BearerAuthenticator::Impl::find_user(std::int64_t id, bool may_ask_database) {
  if (id == nobody) return BearerDefect::user_not_found;
  auto user = directory.recall(id);
  if (!user) {
    if (!may_ask_database) return NeedsDatabase{};
    user = directory.fetch(id);
  }
  if (*user == nullptr) return BearerDefect::user_not_found;
  if (!(*user)->is_active) return BearerDefect::user_inactive;
  return Principal{std::move(*user)};
}

}  // namespace tokens
