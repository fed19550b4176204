// The table of checks, and the walk through it.
#include <algorithm>
#include <array>

#include "ctl/doctor.h"

namespace jwtauthd::doctor {
namespace {

using enum Needs;

constexpr std::array kChecks{
    Check{"configuration.file", nothing, check_configuration},
    Check{"configuration.modes", nothing, check_file_modes},
    Check{"configuration.listen", configuration, check_listener},
    Check{"tokens.signing_key", configuration, check_signing_key},
    Check{"trust.issuers", configuration, check_trusted_issuers},
    Check{"tokens.lifetimes", configuration, check_lifetimes},
    Check{"database.connection", configuration, check_connection},
    Check{"database.hosts", database, check_hosts},
    Check{"database.tls", database, check_transport},
    Check{"database.version", database, check_version},
    Check{"database.durability", database, check_durability},
    Check{"database.limits", database, check_server_limits},
    Check{"database.clock", database, check_clock},
    Check{"schema.migrations", database, check_migrations},
    Check{"schema.own", database, check_own_tables},
    Check{"schema.django", database, check_django_tables},
    Check{"schema.auth_user", user_table, check_user_table},
    Check{"schema.columns", user_table, check_user_columns},
    Check{"schema.indexes", user_table, check_user_indexes},
    Check{"schema.blacklist", database, check_blacklist},
    Check{"users.count", user_table, take_census},
    Check{"users.repeated", user_table, check_repeated_names},
    Check{"users.nfkc", users, check_normalised_names},
    Check{"users.length", users, check_long_names},
    Check{"users.alike", users, check_similar_names},
    Check{"users.email", users, check_emails},
    Check{"passwords.encodings", users, check_encodings},
    Check{"passwords.weak", users, check_weak_passwords},
    Check{"passwords.iterations", users, check_iterations},
    Check{"passwords.unreadable", users, check_unreadable},
    Check{"passwords.django", users, check_way_back},
    Check{"nginx", nginx, check_nginx},
};

bool there(const Patient& patient, Needs needs) {
  switch (needs) {
    case nothing:
      return true;
    case configuration:
      return patient.config != nullptr;
    case database:
      return patient.database;
    case user_table:
      return patient.tables.contains("auth_user");
    case users:
      return patient.users.has_value();
    case Needs::nginx:
      return !patient.nginx_files.empty();
  }
  return false;
}

}  // namespace

std::string_view name(Severity severity) {
  constexpr std::array<std::string_view, 4> names{"ok", "note", "warning", "problem"};
  return names[static_cast<std::size_t>(severity)];
}

void Report::add(Severity severity, std::string text, std::string advice, json::Value facts) {
  findings_.push_back({severity, check_, std::move(text), std::move(advice), std::move(facts)});
}

std::size_t Report::count(Severity severity) const {
  return static_cast<std::size_t>(std::count_if(
      findings_.begin(), findings_.end(), [&](const Finding& found) { return found.severity == severity; }));
}

std::span<const Check> checks() {
  return kChecks;
}

Report examine(Patient& patient, std::span<const std::string_view> only) {
  Report report;
  for (const Check& check : kChecks) {
    if (!there(patient, check.needs)) continue;
    if (!only.empty() && std::find(only.begin(), only.end(), check.name) == only.end()) continue;
    report.begin(check.name);
    try {
      check.run(patient, report);
    } catch (const util::Outage& outage) {
      report.problem(std::string("This could not be looked at: ") + outage.what(),
                     "See that the database answers and that its user may read this, then try again.");
    }
  }
  return report;
}

json::Value facts(std::initializer_list<std::pair<std::string_view, std::int64_t>> members) {
  json::Value object = json::Value::object();
  for (const auto& [member, value] : members) object.set(member, json::Value::integer(value));
  return object;
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  std::string text = std::to_string(count) + " ";
  if (count == 1) return text.append(one);
  return many.empty() ? text.append(one).append("s") : text.append(many);
}

}  // namespace jwtauthd::doctor
