// Tokens that other systems signed: what `trust.issuers` names is good at the gateway, with what its issuer
// says of the user. Nobody in auth_user stands behind it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "jwt/key.h"
#include "tokens/credential_source.h"
#include "tokens/trusted_keys.h"
#include "util/clock.h"
#include "util/error.h"

namespace tokens {

struct TrustedIssuer {
  std::string issuer;    // `iss`, exactly
  std::string audience;  // must be in `aud`
  std::string jwks_file;
  std::vector<jwt::Algorithm> algorithms;  // none: all that take a key pair
};

struct TrustOptions {
  std::chrono::seconds leeway{0};
  std::string token_type_claim = "token_type";
  std::chrono::milliseconds look_every{500};  // at the files
};

class TrustedIssuers final : public CredentialSource {
 public:
  TrustedIssuers(std::vector<TrustedIssuer> issuers, const util::Clock& clock, TrustOptions options);

  /// Reads the files that changed. The error tells the first that cannot be used; what it had holds on.
  util::Result<void> look();
  /// Starts the thread that looks. It logs what it finds.
  void start();
  void stop();

  /// A token whose claims say that one of these issued it: it is judged here and nowhere else.
  bool takes(std::string_view credential) const noexcept override;
  std::variant<Vouched, TokenDefect, NeedsDatabase> vouch(std::string_view credential,
                                                          bool may_ask_database) override;

 private:
  struct Entry {
    explicit Entry(TrustedIssuer named) : who(std::move(named)), keys(who.jwks_file, who.algorithms) {}
    const TrustedIssuer who;
    TrustedKeys keys;
  };

  const Entry* entry_of(std::string_view issuer) const noexcept;
  std::variant<Vouched, TokenDefect, NeedsDatabase> judge(const Entry& entry, const json::Value& claims,
                                                          std::shared_ptr<TrustedKey> key) const;
  void run(const std::stop_token& stop);

  std::vector<std::unique_ptr<Entry>> entries_;
  const util::Clock& clock_;
  const TrustOptions options_;
  std::mutex waking_;
  std::condition_variable_any wake_;
  std::jthread watcher_;  // last: joined before the rest goes
};

}  // namespace tokens
