// The key that signs tokens. Of a secret only its length is ever told.
#include "ctl/doctor.h"
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

}  // namespace

void check_signing_key(Patient& patient, Report& report) {
  const config::Config::Tokens& tokens = patient.config->tokens;
  if (tokens.algorithm.starts_with("HS")) return check_secret(tokens, report);
  json::Value about = json::Value::object();
  about.set("algorithm", json::Value::string(tokens.algorithm));
  if (const auto keys = tokens::open_keys(tokens); !keys) {
    return report.problem("The signing key cannot be used: " + keys.error().message + ".",
                          "Give tokens.signing_key_file a private key for " + tokens.algorithm + ".", about);
  }
  report.ok("Tokens are signed with " + tokens.algorithm + ".", about);
}

}  // namespace jwtauthd::doctor
