#include "tokens/bearer.h"

#include <algorithm>
#include <utility>

#include "metrics/cells.h"
#include "tokens/token_cache.h"
#include "tokens/unix_time.h"
#include "util/random.h"

namespace tokens {
namespace {

// What bytes.split() of Python splits on.
constexpr std::string_view white_space = " \t\n\r\v\f";

/// Of a whole token: find_first_of() would look each of its bytes up in the list.
bool has_white_space(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
}

std::string_view strip(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
  text.remove_suffix(text.size() - (text.find_last_not_of(white_space) + 1));
  return text;
}

Principal principal(std::shared_ptr<const KnownUser> user, const Vouched& vouched, bool iat_is_login) {
  const auto began = tokens::began(vouched.session.id);
  const bool tells = iat_is_login || vouched.grant != nullptr;
  return {std::move(user), vouched.session.id,  vouched.session.has_sid,
          vouched.expires, vouched.said.issued, began ? seconds_of(*began) : tells ? vouched.said.issued : 0,
          vouched.grant};
}

bool is_withdrawn(const Vouched& vouched) {
  return vouched.grant != nullptr && vouched.grant->withdrawn != nullptr && vouched.grant->withdrawn->load();
}

}  // namespace

struct BearerAuthenticator::Impl {
  Impl(const Verifier& verifier_in, UserDirectory& directory, const util::Clock& clock_in,
       BearerOptions options_in, RevocationFeed* feed_in, std::vector<CredentialSource*> sources_in)
      : verifier(verifier_in),
        clock(clock_in),
        options(std::move(options_in)),
        users(directory, clock, options.users),
        feed(feed_in),
        sources(std::move(sources_in)) {}

  const Verifier& verifier;
  const util::Clock& clock;
  const BearerOptions options;
  const TokenUsers users;
  RevocationFeed* const feed;
  const std::vector<CredentialSource*> sources;
  util::SystemRandom random;
  TokenCache cache{options.cached_tokens, random};

  bool is_ours(std::string_view scheme) const;
  using Voucher = std::variant<Vouched, BearerDefect, TokenDefect, NeedsDatabase>;
  Voucher vouch(std::string_view token, bool may_ask_database, Accepts accepts);
  Voucher read(std::string_view token, bool may_ask_database);
};

BearerAuthenticator::BearerAuthenticator(const Verifier& verifier, UserDirectory& directory,
                                         const util::Clock& clock, BearerOptions options,
                                         RevocationFeed* feed, std::vector<CredentialSource*> sources)
    : impl_(
          std::make_unique<Impl>(verifier, directory, clock, std::move(options), feed, std::move(sources))) {}

BearerAuthenticator::~BearerAuthenticator() = default;

BearerOutcome BearerAuthenticator::authenticate(std::string_view authorization, bool may_ask_database,
                                                Accepts accepts) {
  const std::string_view header = strip(authorization);
  const std::string_view scheme = header.substr(0, header.find_first_of(white_space));
  if (!impl_->is_ours(scheme)) return BearerDefect::absent;
  const std::string_view token = strip(header.substr(scheme.size()));
  if (token.empty()) return BearerDefect::bad_header;

  for (bool read_again = false;; read_again = true) {
    const auto outcome = impl_->vouch(token, may_ask_database, accepts);
    if (const auto* defect = std::get_if<TokenDefect>(&outcome)) return *defect;
    if (const auto* defect = std::get_if<BearerDefect>(&outcome)) return *defect;
    if (std::holds_alternative<NeedsDatabase>(outcome)) return NeedsDatabase{};
    const auto& vouched = std::get<Vouched>(outcome);
    if (impl_->feed != nullptr) {
      const auto ended = impl_->feed->ended(vouched, may_ask_database);
      if (!ended) return NeedsDatabase{};
      if (*ended) return TokenDefect::blacklisted;
    }
    if (vouched.grant != nullptr && vouched.grant->subject)
      return principal(nullptr, vouched, impl_->options.iat_is_login);
    auto found = vouched.grant != nullptr
                     ? impl_->users.find(vouched.user_id, may_ask_database)
                     : impl_->users.find(vouched.user_id, vouched.said, may_ask_database);
    if (auto* user = std::get_if<std::shared_ptr<const KnownUser>>(&found))
      return principal(std::move(*user), vouched, impl_->options.iat_is_login);
    if (const auto* defect = std::get_if<BearerDefect>(&found)) return *defect;
    if (std::holds_alternative<NeedsDatabase>(found)) return NeedsDatabase{};
    if (read_again) return BearerDefect::user_not_found;
    impl_->cache.erase(token);
  }
}

bool BearerAuthenticator::Impl::is_ours(std::string_view scheme) const {
  return std::find(options.header_types.begin(), options.header_types.end(), scheme) !=
         options.header_types.end();
}

BearerAuthenticator::Impl::Voucher BearerAuthenticator::Impl::vouch(std::string_view token,
                                                                    bool may_ask_database, Accepts accepts) {
  auto known = cache.find(token);
  metrics::count(known ? metrics::Count::token_hit : metrics::Count::token_miss);
  if (known) {
    if (known->grant != nullptr && accepts == Accepts::logins) return TokenDefect::invalid;
    const std::int64_t now = clock.unix_now();
    const bool expired = verifier.expired(known->expires, now);
    const bool key_is_over = known->key_life != nullptr && known->key_life->over(now);
    if (!expired && !key_is_over && !is_withdrawn(*known)) return *std::move(known);
    cache.erase(token);
    // A source says for how long it will not be asked: what it takes may go on after that.
    if (known->grant == nullptr) return expired ? TokenDefect::expired : TokenDefect::invalid;
  }
  // Only here, since what is in the cache has none and looking costs more than a hit.
  if (has_white_space(token)) return BearerDefect::bad_header;
  if (accepts == Accepts::credentials) {
    for (CredentialSource* const source : sources) {
      if (!source->takes(token)) continue;
      auto outcome = source->vouch(token, may_ask_database);
      if (const auto* defect = std::get_if<TokenDefect>(&outcome)) return *defect;
      if (std::holds_alternative<NeedsDatabase>(outcome)) return NeedsDatabase{};
      cache.insert(token, std::get<Vouched>(outcome));
      return std::get<Vouched>(std::move(outcome));
    }
  }
  return read(token, may_ask_database);
}

BearerAuthenticator::Impl::Voucher BearerAuthenticator::Impl::read(std::string_view token,
                                                                   bool may_ask_database) {
  const auto verified = verifier.verify(token, TokenType::access);
  if (!verified) return verified.error();
  const auto named = users.read(verified->claims, may_ask_database);
  if (const auto* defect = std::get_if<BearerDefect>(&named)) return *defect;
  if (std::holds_alternative<NeedsDatabase>(named)) return NeedsDatabase{};
  const auto& user = std::get<TokenUsers::Named>(named);
  const Vouched vouched{user.id,   verified->expires,
                        user.said, session_of(verified->claims, verifier.jti_claim()),
                        nullptr,   verified->key_life};
  // Whom nobody is called may be created later, where an id cannot come back.
  if (options.users.by_username && user.id == nobody) return vouched;
  cache.insert(token, vouched);
  return vouched;
}

}  // namespace tokens
