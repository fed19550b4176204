// The key sets of trust.issuers, read as a worker reads them.
#include <sys/stat.h>

#include "ctl/doctor.h"
#include "jwt/jwks.h"
#include "tokens/key_directory.h"

namespace jwtauthd::doctor {
namespace {

void check_issuer(const config::TrustedIssuer& named, Report& report) {
  json::Value about = json::Value::object();
  about.set("issuer", json::Value::string(named.issuer));
  about.set("jwks_file", json::Value::string(named.jwks_file));
  const std::string of = "The keys of " + named.issuer;
  const auto text = tokens::read_private_file(named.jwks_file, S_IWOTH);
  if (!text) {
    return report.problem(of + " cannot be taken: " + text.error().message + ".",
                          "Workers that run keep the keys that they have; none of its tokens passes one that "
                          "starts now.",
                          about);
  }
  std::vector<jwt::Algorithm> algorithms;
  for (const std::string& algorithm : named.algorithms) {
    algorithms.push_back(jwt::algorithm_of(algorithm).value());  // config knows no other names
  }
  const auto set = jwt::read_jwk_set(text->reveal(), algorithms);
  if (!set) {
    return report.problem(of + " cannot be used: " + named.jwks_file + " " + set.error().message + ".",
                          "Fetch the issuer's key set (jwks_uri) again.", about);
  }
  const auto usable = static_cast<std::int64_t>(set->keys.size());
  about.set("keys", json::Value::integer(usable));
  for (const std::string& reason : set->passed_over) {
    report.note(named.jwks_file + ": " + reason + ".", "Its tokens by that key are refused.", about);
  }
  report.ok(of + ": " + counted(usable, "key") + " can be used.", about);
}

}  // namespace

void check_trusted_issuers(Patient& patient, Report& report) {
  for (const config::TrustedIssuer& named : patient.config->trust.issuers) check_issuer(named, report);
}

}  // namespace jwtauthd::doctor
