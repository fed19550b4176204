// jwtauthctl keys …: what is done to keys.directory. The workers find a change by themselves.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/config.h"
#include "ctl/exit_code.h"
#include "ctl/terminal.h"
#include "jwt/key.h"
#include "store/audit_store.h"
#include "tokens/key_directory.h"
#include "tokens/key_manifest.h"
#include "util/clock.h"
#include "util/error.h"

namespace jwtauthd {

/// The directory, and what the configuration says of it.
struct KeyRoom {
  tokens::KeyDirectory directory;
  tokens::KeyPacing pacing;
  jwt::Algorithm algorithm = jwt::Algorithm::es256;  // tokens.algorithm; of HS*, its secret is there
  const util::Clock& clock;
  /// Hears of each key that a change was about, when the change is written.
  std::function<void(store::AuditKind, const std::string& kid)> told = [](auto, const auto&) {};

  bool has_secret() const noexcept { return jwt::is_hmac(algorithm); }
};

/// Fails where the configuration names no directory.
util::Result<KeyRoom> key_room(const config::Config& config, const util::Clock& clock);

/// What is told goes to the audit, where a database is configured. Without it a key is retired all the same:
/// that a database is away is said, and stops nothing.
void tell_audit(KeyRoom& room, const config::Config& config, Terminal& terminal);

struct NewKey {
  std::optional<jwt::Algorithm> algorithm{};  // nothing: as is usual
  bool now = false;                           // sign at once
};

ExitCode list_keys(const KeyRoom& room, bool json, Terminal& terminal);
/// A PEM file for tokens.signing_key_file, which must not be there yet.
ExitCode generate_key_file(const std::string& path, jwt::Algorithm algorithm, Terminal& terminal);
/// The first key of the directory.
ExitCode generate_first_key(const KeyRoom& room, const NewKey& request, Terminal& terminal);
ExitCode rotate_keys(const KeyRoom& room, const NewKey& request, Terminal& terminal);
/// The secret of tokens.signing_key signs again.
ExitCode rotate_to_secret(const KeyRoom& room, bool now, Terminal& terminal);
ExitCode retire_key(const KeyRoom& room, const std::string& kid, bool force, Terminal& terminal);
ExitCode import_key(const KeyRoom& room, const std::string& path, const NewKey& request, Terminal& terminal);
/// Of one key, or of all that are published; as PEM, or as a JWK set.
ExitCode export_public(const KeyRoom& room, const std::string& kid, bool as_jwks, Terminal& terminal);

/// What state the keys are in and what to do next, in one sentence each.
struct KeyOutlook {
  std::string state;
  std::string advice;  // empty: nothing is to be done
  bool is_warning = false;
};
KeyOutlook outlook(const KeyRoom& room, const tokens::KeyManifest& manifest);

}  // namespace jwtauthd
