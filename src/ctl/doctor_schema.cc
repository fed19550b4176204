// The tables: ours, Django's, and whether theirs are as Django makes them.
#include <algorithm>
#include <array>

#include "ctl/doctor.h"
#include "ctl/user_text.h"
#include "store/migrator.h"

namespace jwtauthd::doctor {
namespace {

/// Of auth_user, with the length that Django gives a text since 3.1 (0: no text).
struct Column {
  std::string_view name;
  std::int64_t length;
};
constexpr std::array kUserColumns{
    Column{"id", 0},         Column{"password", 128},   Column{"last_login", 0},  Column{"is_superuser", 0},
    Column{"username", 150}, Column{"first_name", 150}, Column{"last_name", 150}, Column{"email", 254},
    Column{"is_staff", 0},   Column{"is_active", 0},    Column{"date_joined", 0},
};

bool is_ours(std::string_view column) {
  return std::any_of(kUserColumns.begin(), kUserColumns.end(),
                     [&](const Column& known) { return known.name == column; });
}

/// Of 0001_initial, 0002_sessions and 0003_personal_tokens.
constexpr std::array<std::string_view, 6> kOwnTables{"jwtauthd_audit",          "jwtauthd_email_claim",
                                                     "jwtauthd_personal_token", "jwtauthd_revocation",
                                                     "jwtauthd_session",        "jwtauthd_throttle"};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& one : names) text += (text.empty() ? "" : ", ") + printable(one);
  return text;
}

}  // namespace

void check_migrations(Patient& patient, Report& report) {
  const store::SchemaStatus status = store::Migrator(*patient.pool).status();
  if (status.current()) return report.ok("All migrations of this version are applied.");
  if (!status.unknown.empty()) {
    return report.problem("A newer version has migrated this database: " + printable(status.describe()) + ".",
                          "Install that version here, too.");
  }
  const bool differs = std::any_of(status.known.begin(), status.known.end(),
                                   [](const store::MigrationState& state) { return state.checksum_differs; });
  if (differs) {
    return report.problem(printable(status.describe()) + ".",
                          "The database was made by another build: install the release that made it.");
  }
  report.problem("Workers do not start: " + printable(status.describe()) + ".",
                 "jwtauthctl migrate; it creates what is missing and changes nothing of Django's.");
}

void check_own_tables(Patient& patient, Report& report) {
  // Where a migration is missing, schema.migrations says it.
  if (!store::Migrator(*patient.pool).status().current()) return;
  bool fine = true;
  json::Value about = json::Value::object();
  for (const std::string_view name : kOwnTables) {
    const std::string table(name);
    const auto found = patient.tables.find(name);
    if (found == patient.tables.end()) {
      fine = false;
      report.problem("There is no " + table + ", although its migration has run: somebody dropped it.",
                     "Restore it from a backup, or create it as sql/schema.sql has it.");
      continue;
    }
    about.set(table, facts({{"rows", found->second.rows}, {"bytes", found->second.bytes}}));
    if (found->second.engine == "InnoDB") continue;
    fine = false;
    report.problem(table + " is a table of the engine " + printable(found->second.engine) +
                       ", which knows no transactions: a logout may be half done.",
                   "ALTER TABLE " + table + " ENGINE=InnoDB");
  }
  const std::int64_t overdue = patient.tables.contains("jwtauthd_session")
                                   ? store::Survey(*patient.pool).sessions_over_for_a_week()
                                   : 0;
  if (overdue > 0) {
    fine = false;
    report.warning(counted(overdue, "session has", "sessions have") + " been over for a week or longer.",
                   "systemctl enable --now jwtauthd-purge.timer, or jwtauthctl session purge daily.",
                   facts({{"sessions", overdue}}));
  }
  if (fine) report.ok("jwtauthd's own tables are there.", about);
}

void check_django_tables(Patient& patient, Report& report) {
  std::vector<std::string> found;
  for (const auto& [table, about] : patient.tables) {
    if (table.starts_with("auth_") || table.starts_with("django_") || table.starts_with("token_blacklist_")) {
      found.push_back(table);
    }
  }
  const bool django = patient.tables.contains("django_migrations");
  if (!patient.tables.contains("auth_user")) {
    if (django) {
      return report.problem(
          "This is a Django site's database, without auth_user: the site has a user model of its own "
          "(AUTH_USER_MODEL).",
          "jwtauthd reads auth_user only. Such a site cannot move before its users are in that table.");
    }
    return report.problem("There is no auth_user.", "jwtauthctl migrate creates it.");
  }
  // Django makes both in one migration; auth_user_groups, which it makes there too, may be of ours.
  if (django && !patient.tables.contains("auth_user_user_permissions")) {
    return report.problem(
        "This is a Django site's database, but its auth_user is not Django's: auth_user_user_permissions is "
        "missing. "
        "The site has a user model of its own (AUTH_USER_MODEL), or its auth app is not migrated yet.",
        "See where Django keeps its users. A user model of its own cannot be served; else have auth_user "
        "made by manage.py migrate, once the one that is here, if it is empty, is dropped.");
  }
  json::Value about = json::Value::object();
  about.set("tables", json::Value::array(found));
  if (django) return report.ok("A Django site's database; its tables: " + listed(found) + ".", about);
  report.ok("No Django site's database (no django_migrations); auth_user is there.", about);
}

void check_user_table(Patient& patient, Report& report) {
  const store::TableFacts& table = patient.tables.find("auth_user")->second;
  const json::Value about = facts({{"bytes", table.bytes}});
  if (table.engine != "InnoDB") {
    return report.problem("auth_user is a table of the engine " + printable(table.engine) +
                              ", which knows no transactions: a failure leaves half a registration.",
                          "ALTER TABLE auth_user ENGINE=InnoDB", about);
  }
  report.ok("auth_user is an InnoDB table with the collation " + printable(table.collation) + ".", about);
}

void check_user_columns(Patient& patient, Report& report) {
  bool fine = true;
  const auto columns = store::Survey(*patient.pool).columns("auth_user");
  for (const Column& wanted : kUserColumns) {
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&](const store::ColumnFacts& has) { return has.name == wanted.name; });
    const std::string name(wanted.name);
    if (column == columns.end()) {
      fine = false;
      report.problem(
          "auth_user has no column " + name + ".",
          "Run Django's own migrations (manage.py migrate) first; jwtauthd never alters this table.");
    } else if (wanted.length > 0 && column->length.value_or(0) < wanted.length) {
      fine = false;
      const bool hash = wanted.name == "password";
      report.add(
          hash ? Severity::problem : Severity::warning,
          "auth_user." + name + " holds " + std::to_string(column->length.value_or(0)) +
              " characters, Django's has " + std::to_string(wanted.length) + ": " +
              (hash ? "a hash that is longer cannot be stored." : "longer ones are refused with an error."),
          "Run the site's pending Django migrations, or ALTER TABLE auth_user MODIFY " + name + " varchar(" +
              std::to_string(wanted.length) + ") NOT NULL",
          {});
    } else if (wanted.length > 0 && !column->collation.starts_with("utf8mb4") && name != "password") {
      fine = false;
      report.warning("auth_user." + name + " is " + printable(column->collation) +
                         ": characters that it cannot hold are refused with an error.",
                     "ALTER TABLE auth_user CONVERT TO CHARACTER SET utf8mb4");
    }
  }
  for (const auto& column : columns) {
    if (is_ours(column.name) || !column.required) continue;
    fine = false;
    report.problem(
        "auth_user." + printable(column.name) +
            " is a column of the site's own that needs a value: registration here cannot give one.",
        "ALTER TABLE auth_user ALTER " + printable(column.name) +
            " SET DEFAULT …, or keep registration with Django (accounts.registration = false).");
  }
  if (fine) report.ok("auth_user has Django's columns.");
}

void check_user_indexes(Patient& patient, Report& report) {
  store::Survey survey(*patient.pool);
  bool fine = true;
  if (!survey.has_index("auth_user", "username", true)) {
    fine = false;
    report.problem("auth_user.username has no unique index: two may register one name at once.",
                   "ALTER TABLE auth_user ADD UNIQUE (username), once no name is there twice.");
  }
  if (!survey.has_index("auth_user", "email", false)) {
    fine = false;
    const std::string text = "auth_user.email has no index";
    const std::string advice = "CREATE INDEX jwtauthd_email ON auth_user (email)";
    if (patient.config->accounts.unique_email) {
      report.warning(text + ": every registration reads the whole table to see whether the address is taken.",
                     advice);
    } else {
      report.note(text + ".", advice + ", if users are to be found by it.");
    }
  }
  if (fine) report.ok("auth_user has the indexes that logins and registrations use.");
}

void check_blacklist(Patient& patient, Report& report) {
  const auto outstanding = patient.tables.find("token_blacklist_outstandingtoken");
  const auto blacklisted = patient.tables.find("token_blacklist_blacklistedtoken");
  if (outstanding == patient.tables.end() || blacklisted == patient.tables.end()) {
    return report.ok("There is no blacklist app (token_blacklist).");
  }
  const std::int64_t rows = outstanding->second.rows;
  const std::int64_t bytes = outstanding->second.bytes + blacklisted->second.bytes;
  const json::Value about =
      facts({{"outstanding", rows}, {"blacklisted", blacklisted->second.rows}, {"bytes", bytes}});
  const std::string text = "The blacklist app is there: about " + counted(rows, "token") + ", " +
                           std::to_string(blacklisted->second.rows) + " blacklisted, " +
                           std::to_string(bytes / 1024 / 1024) + " MiB.";
  constexpr std::int64_t kMany = 1'000'000;
  const std::string honour =
      "A token that Django blacklisted is refused here only while the blacklist is honoured "
      "(compat.django_blacklist).";
  if (rows > kMany) {
    return report.warning(text, "Delete the expired ones first (manage.py flushexpiredtokens). " + honour,
                          about);
  }
  report.note(text, honour, about);
}

}  // namespace jwtauthd::doctor
