#include "ctl/keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include "crypto/asymmetric_key.h"
#include "ctl/plain_text.h"
#include "ctl/user_text.h"
#include "tokens/settings.h"

namespace jwtauthd {
namespace {

using jwt::Algorithm;
using tokens::KeyEntry;
using tokens::KeyManifest;

/// What a change says when it is done.
using Change = std::function<util::Result<std::string>(KeyManifest&, util::TimePoint now)>;

ExitCode refused(const std::string& why, Terminal& terminal) {
  terminal.err("Error: " + why);
  return ExitCode::refused;
}

/// `joined`: what it is called that a key is new.
void tell_changes(const KeyRoom& room, const KeyManifest& before, const KeyManifest& after,
                  store::AuditKind joined) {
  for (const KeyEntry& entry : after.entries()) {
    const KeyEntry* const was = before.find(entry.kid);
    const std::string kid = entry.is_secret() ? "secret" : entry.kid;
    if (was == nullptr) {
      room.told(joined, kid);
    } else if (was->signs_from != entry.signs_from) {
      room.told(store::AuditKind::key_rotated, kid);
    }
    if (was != nullptr && !was->retired_at && entry.retired_at) room.told(store::AuditKind::key_retired, kid);
  }
}

/// One change at a time, written only when all of it went well. `before`, `after`: what was listed.
util::Result<std::string> write_change(const KeyRoom& room, const Change& change, KeyManifest& before,
                                       KeyManifest& after) {
  const auto lock = room.directory.lock();
  if (!lock) return util::unexpected(lock.error());
  auto manifest = room.directory.read();
  if (!manifest) return util::unexpected(manifest.error());
  const util::TimePoint now = room.clock.now();
  before = *manifest;
  auto said = change(*manifest, now);
  if (!said) return said;
  // A worker whose clock is behind may still want a key, and its file, that has just ended by time. The files
  // go by what was listed before: of a line that is trimmed, the file goes with it.
  const util::TimePoint over_for_all = now - room.pacing.publish_ahead;
  after = *manifest;
  manifest->trim(over_for_all);
  if (const auto written = room.directory.write(*manifest); !written)
    return util::unexpected(written.error());
  room.directory.remove_retired(after, over_for_all);
  return said;
}

/// Told when the next one may change them: a database that hangs holds up nobody else.
util::Result<std::string> change_keys(const KeyRoom& room, store::AuditKind joined, const Change& change) {
  KeyManifest before;
  KeyManifest after;
  auto said = write_change(room, change, before, after);
  if (said) tell_changes(room, before, after, joined);
  return said;
}

/// Workers hear of a retirement whatever else is out of order, and of nothing else until all of it is in
/// order.
void warn_of_what_cannot_be_opened(const KeyRoom& room, Terminal& terminal) {
  const auto manifest = room.directory.read();
  if (!manifest) return terminal.err("Warning: workers cannot read the keys: " + manifest.error().message);
  const util::TimePoint now = room.clock.now();
  for (const KeyEntry& entry : manifest->entries()) {
    if (entry.is_secret() || entry.retired(now)) continue;
    if (const auto key = room.directory.open(entry); !key) {
      terminal.err(
          "Warning: no worker takes the keys over: " + key.error().message +
          "; those that run refuse what the retired one has signed, and keep the others as they were");
    }
  }
}

ExitCode tell(const util::Result<std::string>& said, Terminal& terminal) {
  if (!said) return refused(said.error().message, terminal);
  terminal.out(*said);
  return ExitCode::ok;
}

crypto::KeyType type_for(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256:
      return crypto::KeyType::p256;
    case Algorithm::es384:
      return crypto::KeyType::p384;
    case Algorithm::es512:
      return crypto::KeyType::p521;
    case Algorithm::eddsa:
      return crypto::KeyType::ed25519;
    default:
      return crypto::KeyType::rsa;
  }
}

Algorithm usual_algorithm(const KeyRoom& room, const KeyManifest& manifest, util::TimePoint now) {
  if (!room.has_secret()) return room.algorithm;
  const KeyEntry* const active = manifest.active(now);
  return active != nullptr && !active->is_secret() ? active->algorithm : Algorithm::es256;
}

/// The one that is asked for where it fits, else the usual one of the key's type.
Algorithm algorithm_for(crypto::KeyType type, Algorithm wanted) {
  const bool fits = !jwt::is_hmac(wanted) && type_for(wanted) == type;
  if (fits) return wanted;
  switch (type) {
    case crypto::KeyType::p256:
      return Algorithm::es256;
    case crypto::KeyType::p384:
      return Algorithm::es384;
    case crypto::KeyType::p521:
      return Algorithm::es512;
    case crypto::KeyType::ed25519:
      return Algorithm::eddsa;
    case crypto::KeyType::rsa:
      break;
  }
  return Algorithm::rs256;
}

std::string called(const KeyEntry& entry) {
  return entry.is_secret() ? "the secret of tokens.signing_key"
                           : entry.kid + " (" + std::string(jwt::name(entry.algorithm)) + ")";
}

std::string follows(const KeyEntry& entry, const KeyEntry* before, util::TimePoint now) {
  std::string said = called(entry) + (entry.signs_from <= now
                                          ? " signs from now on"
                                          : " is published, and signs from " + utc_seconds(entry.signs_from));
  if (before != nullptr && before->verifies_until) {
    said += "; " + called(*before) + " verifies until " + utc_seconds(*before->verifies_until);
  }
  return said + ".";
}

/// The key joins the others: at once where nobody signs yet, else when all have heard of it.
util::Result<std::string> join(const KeyRoom& room, KeyManifest& manifest, KeyEntry entry, bool now_wanted,
                               util::TimePoint now) {
  const KeyEntry* const active = manifest.active(now);
  const std::optional<std::string> before = active != nullptr ? std::optional(active->kid) : std::nullopt;
  const bool is_first = active == nullptr && !room.has_secret();
  entry.created_at = now;
  entry.signs_from = now_wanted || is_first ? now : now + room.pacing.publish_ahead;
  const std::string kid = entry.kid;
  manifest.add(std::move(entry), room.pacing);
  return follows(*manifest.find(kid), before ? manifest.find(*before) : nullptr, now);
}

util::Result<std::string> make_key(const KeyRoom& room, KeyManifest& manifest, Algorithm algorithm,
                                   bool now_wanted, util::TimePoint now) {
  const util::Secret pem = crypto::AsymmetricKey::generate_pem(type_for(algorithm));
  const auto pair = crypto::AsymmetricKey::from_pem(pem.reveal());
  if (!pair) return util::unexpected(pair.error());
  KeyEntry entry;
  entry.kid = pair->thumbprint();
  entry.algorithm = algorithm;
  if (const auto written = room.directory.write_key(entry.kid, pem.reveal()); !written) {
    return util::unexpected(written.error());
  }
  return join(room, manifest, std::move(entry), now_wanted, now);
}

/// By its kid, or by the beginning of it.
util::Result<KeyEntry> find_key(const KeyManifest& manifest, const std::string& kid) {
  const KeyEntry* found = nullptr;
  for (const KeyEntry& entry : manifest.entries()) {
    if (entry.is_secret() || !entry.kid.starts_with(kid) || kid.empty()) continue;
    if (found != nullptr) return util::fail("several keys begin with " + printable(kid));
    found = &entry;
  }
  if (found == nullptr) return util::fail("there is no key " + printable(kid) + ": see jwtauthctl keys list");
  return *found;
}

util::Result<std::string> hasten_next(const KeyRoom& room, KeyManifest& manifest, util::TimePoint now) {
  const std::string kid = manifest.next(now)->kid;
  const KeyEntry* const active = manifest.active(now);
  const std::optional<std::string> before = active != nullptr ? std::optional(active->kid) : std::nullopt;
  manifest.hasten(kid, now, room.pacing);
  return follows(*manifest.find(kid), before ? manifest.find(*before) : nullptr, now);
}

}  // namespace

util::Result<KeyRoom> key_room(const config::Config& config, const util::Clock& clock) {
  if (config.keys.directory.empty()) {
    return util::fail("keys.directory is not set: there is one key, tokens.signing_key or its file");
  }
  return KeyRoom{tokens::KeyDirectory(config.keys.directory), tokens::key_pacing(config),
                 jwt::algorithm_of(config.tokens.algorithm).value(), clock};
}

ExitCode generate_key_file(const std::string& path, Algorithm algorithm, Terminal& terminal) {
  if (jwt::is_hmac(algorithm)) algorithm = Algorithm::es256;
  const util::Secret pem = crypto::AsymmetricKey::generate_pem(type_for(algorithm));
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const auto size = static_cast<ssize_t>(pem.size());
  const bool good = fd >= 0 && ::write(fd, pem.reveal().data(), pem.size()) == size && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!good) {
    if (fd >= 0) ::unlink(path.c_str());
    return refused("cannot write " + printable(path) + ": " + std::generic_category().message(error),
                   terminal);
  }
  terminal.out(printable(path) + " has a new key for " + std::string(jwt::name(algorithm)) +
               ", readable by its owner alone.");
  return ExitCode::ok;
}

ExitCode generate_first_key(const KeyRoom& room, const NewKey& request, Terminal& terminal) {
  return tell(change_keys(room, store::AuditKind::key_generated,
                          [&](KeyManifest& manifest, util::TimePoint now) -> util::Result<std::string> {
                            if (manifest.active(now) != nullptr || manifest.next(now) != nullptr) {
                              return util::fail(room.directory.path() + " has a key: jwtauthctl keys rotate");
                            }
                            const Algorithm usual = usual_algorithm(room, manifest, now);
                            return make_key(room, manifest, request.algorithm.value_or(usual), request.now,
                                            now);
                          }),
              terminal);
}

ExitCode rotate_keys(const KeyRoom& room, const NewKey& request, Terminal& terminal) {
  return tell(change_keys(room, store::AuditKind::key_rotated,
                          [&](KeyManifest& manifest, util::TimePoint now) -> util::Result<std::string> {
                            const KeyEntry* const next = manifest.next(now);
                            if (next != nullptr && request.now) return hasten_next(room, manifest, now);
                            if (next != nullptr) {
                              return util::fail(called(*next) + " is published already and signs from " +
                                                utc_seconds(next->signs_from) + " (--now: at once)");
                            }
                            const Algorithm usual = usual_algorithm(room, manifest, now);
                            return make_key(room, manifest, request.algorithm.value_or(usual), request.now,
                                            now);
                          }),
              terminal);
}

ExitCode rotate_to_secret(const KeyRoom& room, bool now_wanted, Terminal& terminal) {
  if (!room.has_secret())
    return refused("tokens.algorithm is no HS*: there is no secret to sign with", terminal);
  return tell(change_keys(room, store::AuditKind::key_rotated,
                          [&](KeyManifest& manifest, util::TimePoint now) -> util::Result<std::string> {
                            const KeyEntry* const active = manifest.active(now);
                            if (active == nullptr || active->is_secret())
                              return util::fail("the secret signs already");
                            KeyEntry secret;
                            secret.algorithm = room.algorithm;
                            return join(room, manifest, std::move(secret), now_wanted, now);
                          }),
              terminal);
}

ExitCode retire_key(const KeyRoom& room, const std::string& kid, bool force, Terminal& terminal) {
  const auto said = change_keys(
      room, store::AuditKind::key_rotated,
      [&](KeyManifest& manifest, util::TimePoint now) -> util::Result<std::string> {
        const auto entry = find_key(manifest, kid);
        if (!entry) return util::unexpected(entry.error());
        if (entry->retired(now)) return util::fail(called(*entry) + " is retired already");
        if (manifest.state(*manifest.find(entry->kid), now) == tokens::KeyState::active) {
          if (!force) {
            return util::fail(called(*entry) +
                              " signs, and no other key does yet: jwtauthctl keys rotate first, or "
                              "--force to have another one sign at once");
          }
          auto other = manifest.next(now) != nullptr ? hasten_next(room, manifest, now)
                                                     : make_key(room, manifest, entry->algorithm, true, now);
          if (!other) return other;
        }
        manifest.retire(entry->kid, now, room.pacing);
        return called(*entry) + " is retired: its tokens are refused from now on; " +
               called(*manifest.active(now)) + " signs.";
      });
  const ExitCode code = tell(said, terminal);
  if (said) warn_of_what_cannot_be_opened(room, terminal);
  return code;
}

ExitCode import_key(const KeyRoom& room, const std::string& path, const NewKey& request, Terminal& terminal) {
  constexpr unsigned kOthers = S_IRWXO;
  const auto pem = tokens::read_private_file(path, kOthers);
  if (!pem) return refused(pem.error().message, terminal);
  const auto pair = crypto::AsymmetricKey::from_pem(pem->reveal());
  if (!pair) return refused(printable(path) + ": " + pair.error().message, terminal);
  KeyEntry entry;
  entry.kid = pair->thumbprint();
  entry.algorithm = request.algorithm.value_or(algorithm_for(pair->type(), room.algorithm));
  // Everything that a worker will ask of the file, asked before it is there.
  if (!pair->has_private()) return refused(printable(path) + " is a public key", terminal);
  if (const auto key = jwt::Key::from_pem(entry.algorithm, pem->reveal(), entry.kid); !key) {
    return refused(printable(path) + ": " + key.error().message, terminal);
  }
  return tell(change_keys(room, store::AuditKind::key_imported,
                          [&](KeyManifest& manifest, util::TimePoint now) -> util::Result<std::string> {
                            const KeyEntry* const known = manifest.find(entry.kid);
                            if (known != nullptr) {
                              return util::fail(called(*known) + " was here before: a key has one life");
                            }
                            if (const KeyEntry* const next = manifest.next(now)) {
                              return util::fail(called(*next) + " is to sign next: one at a time");
                            }
                            const auto written = room.directory.write_key(entry.kid, pem->reveal());
                            if (!written) return util::unexpected(written.error());
                            return join(room, manifest, entry, request.now, now);
                          }),
              terminal);
}

}  // namespace jwtauthd
