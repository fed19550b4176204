// What jwtauthctl keys shows: states, times, public keys. Never a private one.
#include "crypto/asymmetric_key.h"
#include "ctl/keys.h"
#include "ctl/plain_text.h"
#include "ctl/user_text.h"

namespace jwtauthd {
namespace {

using tokens::KeyEntry;
using tokens::KeyManifest;
using tokens::KeyState;

constexpr std::string_view kSecret = "(secret)";

std::string time_text(const std::optional<util::TimePoint>& time) {
  return time ? utc_seconds(*time) : "-";
}

json::Value entry_json(const KeyEntry& entry, KeyState state) {
  json::Value out = json::Value::object();
  out.set("kid", json_text(entry.kid));
  out.set("state", json_text(tokens::name(state)));
  out.set("alg", json_text(jwt::name(entry.algorithm)));
  out.set("created_at", json_time(entry.created_at));
  out.set("signs_from", json_time(entry.signs_from));
  out.set("verifies_until", json_time(entry.verifies_until));
  out.set("retired_at", json_time(entry.retired_at));
  return out;
}

std::string age_text(util::TimePoint::duration age) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(age).count();
  if (days >= 2) return std::to_string(days) + " days";
  return std::to_string(std::chrono::duration_cast<std::chrono::hours>(age).count()) + " hours";
}

std::string called(const KeyEntry& entry) {
  return entry.is_secret() ? "the secret"
                           : entry.kid.substr(0, 8) + "… (" + std::string(jwt::name(entry.algorithm)) + ")";
}

}  // namespace

ExitCode list_keys(const KeyRoom& room, bool json, Terminal& terminal) {
  const auto manifest = room.directory.read();
  if (!manifest) {
    terminal.err("Error: " + manifest.error().message);
    return ExitCode::refused;
  }
  const util::TimePoint now = room.clock.now();
  json::Value list = json::Value::array();
  std::vector<std::vector<std::string>> rows{
      {"KID", "STATE", "ALG", "CREATED", "SIGNS FROM", "VERIFIES UNTIL"}};
  for (const KeyEntry& entry : manifest->entries()) {
    const KeyState state = manifest->state(entry, now);
    list.append(entry_json(entry, state));
    rows.push_back({entry.is_secret() ? std::string(kSecret) : entry.kid, std::string(tokens::name(state)),
                    std::string(jwt::name(entry.algorithm)), time_text(entry.created_at),
                    time_text(entry.signs_from),
                    time_text(entry.retired_at ? entry.retired_at : entry.verifies_until)});
  }
  if (json) {
    terminal.out(list.dump_indented(2));
    return ExitCode::ok;
  }
  for (const std::string& line : columns(rows)) terminal.out(line);
  const KeyOutlook ahead = outlook(room, *manifest);
  terminal.out(ahead.state);
  if (!ahead.advice.empty()) terminal.out(ahead.advice);
  return ExitCode::ok;
}

KeyOutlook outlook(const KeyRoom& room, const KeyManifest& manifest) {
  const util::TimePoint now = room.clock.now();
  const KeyEntry* const active = manifest.active(now);
  const KeyEntry* const next = manifest.next(now);
  std::string state;
  if (active != nullptr) {
    state =
        "Tokens are signed by " + called(*active) + ", for " + age_text(now - active->signs_from) + " now.";
  } else if (room.has_secret()) {
    state = "Tokens are signed by the secret of tokens.signing_key.";
  } else {
    return {"No key signs.", "jwtauthctl keys generate makes the first one.", true};
  }
  std::size_t retiring = 0;
  for (const KeyEntry& entry : manifest.entries())
    retiring += manifest.state(entry, now) == KeyState::retiring;
  if (retiring > 0)
    state += " " + std::to_string(retiring) + (retiring == 1 ? " key verifies" : " keys verify") +
             " what was signed before.";
  if (next != nullptr) {
    return {state + " Next is " + called(*next) + ", from " + utc_seconds(next->signs_from) + ".", {}};
  }
  if (active == nullptr) return {state, "jwtauthctl keys generate makes the first key that follows it."};
  constexpr std::chrono::days kOld{366};
  if (!active->is_secret() && now - active->signs_from > kOld) {
    return {state, "It has signed for over a year: jwtauthctl keys rotate."};
  }
  const auto secret_is_over = room.pacing.end_of_predecessor(active->signs_from);
  if (room.has_secret() && !active->is_secret() && now > secret_is_over) {
    return {state, "The last token of the secret is over: set tokens.algorithm to " +
                       std::string(jwt::name(active->algorithm)) + " and take tokens.signing_key away."};
  }
  return {state, {}};
}

ExitCode export_public(const KeyRoom& room, const std::string& kid, bool as_jwks, Terminal& terminal) {
  const auto manifest = room.directory.read();
  if (!manifest) {
    terminal.err("Error: " + manifest.error().message);
    return ExitCode::refused;
  }
  const util::TimePoint now = room.clock.now();
  std::vector<std::shared_ptr<const jwt::Key>> keys;
  std::string pems;
  for (const KeyEntry& entry : manifest->entries()) {
    if (entry.is_secret() || entry.retired(now) || !entry.kid.starts_with(kid)) continue;
    auto key = room.directory.open(entry);
    const auto pem = tokens::read_private_file(room.directory.key_path(entry.kid), 0);
    if (!key || !pem) {
      terminal.err("Error: " + (key ? pem.error() : key.error()).message);
      return ExitCode::refused;
    }
    pems += crypto::AsymmetricKey::from_pem(pem->reveal()).value().public_pem();
    keys.push_back(std::make_shared<jwt::Key>(std::move(*key)));
  }
  if (keys.empty()) {
    terminal.err("Error: no such key is published: see jwtauthctl keys list");
    return ExitCode::refused;
  }
  if (pems.ends_with('\n')) pems.pop_back();
  terminal.out(as_jwks ? jwt::public_jwk_set(keys) : pems);
  return ExitCode::ok;
}

}  // namespace jwtauthd
