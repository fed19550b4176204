// jwtauthctl doctor: what is known of an installation, what was found, and the checks, which are the
// rows of one table. A check looks at one thing and reports; it changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "crypto/password_hash.h"
#include "ctl/user_census.h"
#include "json/value.h"
#include "mysql/pool.h"
#include "store/survey.h"
#include "util/clock.h"

namespace jwtauthd::doctor {

enum class Severity { ok, note, warning, problem };
std::string_view name(Severity severity);

struct Finding {
  Severity severity;
  std::string check;   // the row's name
  std::string text;    // one sentence without secrets
  std::string advice;  // what to do; empty when there is nothing to do
  json::Value facts;   // an object, for those who read JSON; null: none
};

class Report {
 public:
  void begin(std::string_view check) { check_ = check; }
  void ok(std::string text, json::Value facts = {}) {
    add(Severity::ok, std::move(text), {}, std::move(facts));
  }
  void note(std::string text, std::string advice = {}, json::Value facts = {}) {
    add(Severity::note, std::move(text), std::move(advice), std::move(facts));
  }
  void warning(std::string text, std::string advice, json::Value facts = {}) {
    add(Severity::warning, std::move(text), std::move(advice), std::move(facts));
  }
  void problem(std::string text, std::string advice, json::Value facts = {}) {
    add(Severity::problem, std::move(text), std::move(advice), std::move(facts));
  }
  void add(Severity severity, std::string text, std::string advice, json::Value facts);

  const std::vector<Finding>& findings() const { return findings_; }
  std::size_t count(Severity severity) const;

 private:
  std::string check_;
  std::vector<Finding> findings_;
};

/// What the checks look at. What is null or false is not there to be looked at.
struct Patient {
  std::string config_path;
  const config::Config* config = nullptr;
  std::string config_error;  // why there is none, a line a finding
  const crypto::PasswordHashes* hashes = nullptr;
  mysql::Pool* pool = nullptr;
  const util::Clock* clock = nullptr;
  std::vector<std::string> nginx_files;

  // What the first checks found out for the later ones.
  bool database = false;  // it answered
  store::Variables variables;
  std::map<std::string, store::TableFacts, std::less<>> tables;
  std::optional<UserCensus> users;
};

/// What a check cannot do without; it is left out when that is not there, and another one has said so.
enum class Needs { nothing, configuration, database, user_table, users, nginx };

struct Check {
  std::string_view name;
  Needs needs;
  void (*run)(Patient& patient, Report& report);
};

/// In order: a check may use what one above it found out.
std::span<const Check> checks();
/// `only`: the checks of these names, or all.
Report examine(Patient& patient, std::span<const std::string_view> only = {});

/// Object of counts, in the order given.
json::Value facts(std::initializer_list<std::pair<std::string_view, std::int64_t>> members);
/// "1 user", "2 users".
std::string counted(std::int64_t count, std::string_view one, std::string_view many = {});
/// A host that only this machine reaches.
bool is_loopback(std::string_view host);

// doctor_configuration.cc
void check_configuration(Patient&, Report&);
void check_file_modes(Patient&, Report&);
void check_listener(Patient&, Report&);
void check_lifetimes(Patient&, Report&);
// doctor_signing.cc
void check_signing_key(Patient&, Report&);
// doctor_trust.cc
void check_trusted_issuers(Patient&, Report&);
// doctor_server.cc
void check_connection(Patient&, Report&);
void check_hosts(Patient&, Report&);
void check_transport(Patient&, Report&);
void check_version(Patient&, Report&);
void check_durability(Patient&, Report&);
void check_server_limits(Patient&, Report&);
void check_clock(Patient&, Report&);
// doctor_schema.cc
void check_migrations(Patient&, Report&);
void check_own_tables(Patient&, Report&);
void check_django_tables(Patient&, Report&);
void check_user_columns(Patient&, Report&);
void check_user_table(Patient&, Report&);
void check_user_indexes(Patient&, Report&);
void check_blacklist(Patient&, Report&);
// doctor_users.cc
void take_census(Patient&, Report&);
void check_repeated_names(Patient&, Report&);
void check_normalised_names(Patient&, Report&);
void check_long_names(Patient&, Report&);
void check_similar_names(Patient&, Report&);
void check_emails(Patient&, Report&);
// doctor_passwords.cc
void check_encodings(Patient&, Report&);
void check_weak_passwords(Patient&, Report&);
void check_iterations(Patient&, Report&);
void check_unreadable(Patient&, Report&);
void check_way_back(Patient&, Report&);
// doctor_nginx.cc
void check_nginx(Patient&, Report&);

}  // namespace jwtauthd::doctor
