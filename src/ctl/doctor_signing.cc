// The key that signs tokens. Of a secret only its length is ever told.
#include "ctl/doctor.h"
#include "ctl/keys.h"
#include "tokens/published_secrets.h"
#include "tokens/settings.h"

namespace jwtauthd::doctor {
namespace {

constexpr std::string_view kNewSecret =
    "Make a random one (`openssl rand -base64 48`), here and in Django's settings at once; all who are "
    "logged "
    "in must log in anew.";

/// RFC 7518 section 3.2: at least as long as the hash.
std::size_t right_length(std::string_view algorithm) {
  return algorithm == "HS512" ? 64 : algorithm == "HS384" ? 48 : 32;
}

void check_secret(const config::Config::Tokens& tokens, Report& report) {
  const std::string_view secret = tokens.signing_key.reveal();
  const auto size = static_cast<std::int64_t>(secret.size());
  json::Value about = facts({{"secret_bytes", size}});
  about.set("algorithm", json::Value::string(tokens.algorithm));
  const std::string has = "The secret of " + tokens.algorithm + " has " + counted(size, "byte");
  if (tokens::is_published(secret)) {
    return report.problem(has + " and is a published example: anybody can make tokens.",
                          std::string(kNewSecret), about);
  }
  if (secret.starts_with("django-insecure-")) {
    return report.warning(has + " and was written by Django's startproject for development.",
                          std::string(kNewSecret), about);
  }
  if (secret.size() < 32) {
    return report.warning(has + ": whoever has one token can search for it.", std::string(kNewSecret), about);
  }
  if (secret.size() < right_length(tokens.algorithm)) {
    return report.note(has + ", fewer than its hash has (RFC 7518 section 3.2).", std::string(kNewSecret),
                       about);
  }
  report.ok(has + ".", about);
}

void check_directory(const KeyRoom& room, Report& report) {
  json::Value about = json::Value::object();
  about.set("directory", json::Value::string(room.directory.path()));
  const auto manifest = room.directory.read();
  if (!manifest)
    return report.problem("The keys cannot be read: " + manifest.error().message + ".", {}, about);
  const KeyOutlook ahead = outlook(room, *manifest);
  if (ahead.is_warning) return report.warning(ahead.state, ahead.advice, about);
  if (!ahead.advice.empty()) return report.note(ahead.state, ahead.advice, about);
  report.ok(ahead.state, about);
}

}  // namespace

void check_signing_key(Patient& patient, Report& report) {
  const config::Config& config = *patient.config;
  const config::Config::Tokens& tokens = config.tokens;
  if (tokens.algorithm.starts_with("HS")) check_secret(tokens, report);
  if (const auto room = key_room(config, *patient.clock)) {
    check_directory(*room, report);
  } else if (tokens.algorithm.starts_with("HS")) {
    return;
  }
  json::Value about = json::Value::object();
  about.set("algorithm", json::Value::string(tokens.algorithm));
  const auto keys = tokens::open_ring(config, *patient.clock);
  if (!keys) {
    const std::string advice =
        config.keys.directory.empty()
            ? "Give tokens.signing_key_file a private key for " + tokens.algorithm + "."
            : "Workers that run keep the keys that they have; one that starts now does not come up.";
    return report.problem("The signing key cannot be used: " + keys.error().message + ".", advice, about);
  }
  const std::string algorithm(jwt::name(keys->signing_key()->algorithm()));
  about.set("algorithm", json::Value::string(algorithm));
  report.ok("Tokens are signed with " + algorithm + ".", about);
}

}  // namespace jwtauthd::doctor
