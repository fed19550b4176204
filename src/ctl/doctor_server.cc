// The database server: what it is, what its commit is worth, what time it has.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "ctl/doctor.h"
#include "ctl/operator.h"
#include "ctl/user_text.h"
#include "store/settings.h"

namespace jwtauthd::doctor {
namespace {

std::string value_of(const Patient& patient, std::string_view variable) {
  const auto found = patient.variables.find(variable);
  return found == patient.variables.end() ? std::string() : found->second;
}

bool is_on(const Patient& patient, std::string_view variable) {
  const std::string value = value_of(patient, variable);
  return value == "ON" || value == "1";
}

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// "10.11.6-MariaDB-…" → 1011.
std::int64_t release(std::string_view version) {
  const std::int64_t major = number_in(version);
  const auto dot = version.find('.');
  return major * 100 + (dot == std::string_view::npos ? 0 : number_in(version.substr(dot + 1)));
}

std::int64_t millis(util::TimePoint::duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

/// Of HOST:PORT or [IPv6]:PORT.
std::string host_of(std::string_view address) {
  address = address.substr(0, address.rfind(':'));
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  return std::string(address);
}

/// Threads of one worker, without those that hash: these need a connection in between only.
std::int64_t connection_users(const config::Config& config) {
  constexpr std::int64_t kRefreshing = 4;
  constexpr std::int64_t kPolling = 2;
  const bool rotates = config.sessions.enabled && config.sessions.rotate;
  return config.server.database_threads + (rotates ? kRefreshing : 0) + kPolling;
}

}  // namespace

void check_connection(Patient& patient, Report& report) {
  const config::Config::Database& database = patient.config->database;
  const std::string where = patient.pool->use().address;
  try {
    store::Survey survey(*patient.pool);
    patient.variables = survey.variables();
    patient.tables = survey.tables();
    patient.database = true;
  } catch (const util::Outage& outage) {
    return report.problem("The database does not answer at " + where + ": " + outage.what(),
                          "See that the server runs, and that database.socket, host or hosts, name, user and "
                          "password are right.");
  }
  report.ok("The database " + database.name + " answers at " + where + ".");
}

void check_hosts(Patient& patient, Report& report) {
  const config::Config::Database& database = patient.config->database;
  int alone_and_writable = 0;
  for (const mysql::Address& host : store::database_options(database).hosts) {
    mysql::Options alone = for_one_command(store::database_options(database));
    alone.hosts = {host};
    try {
      mysql::Pool pool(std::move(alone));
      auto variables = store::Survey(pool).variables();
      const bool writes = variables["read_only"] != "ON";
      if (writes && variables["wsrep_on"] != "ON") ++alone_and_writable;
      report.ok("Of database.hosts, " + text(host) + (writes ? " is ready." : " is ready, and read-only."));
    } catch (const util::Outage& outage) {
      report.warning(
          "Of database.hosts, " + text(host) + " cannot be used: " + outage.what(),
          "See that this server runs and is in its cluster, and that database.user may log in there.");
    }
  }
  if (alone_and_writable > 1) {
    report.warning(
        "Of database.hosts, " + std::to_string(alone_and_writable) +
            " take writes and are in no Galera cluster: workers that use different ones have different "
            "users.",
        "Set read_only = 1 on all but the primary, and promote one only when the old primary is shut off.");
  }
}

void check_transport(Patient& patient, Report& report) {
  const config::Config::Database& database = patient.config->database;
  const std::string where = patient.pool->use().address;
  if (where.starts_with('/')) return report.ok("The way to the database is a unix socket.");
  const std::string cipher = store::Survey(*patient.pool).tls_cipher();
  if (!database.tls_ca.empty() && !cipher.empty()) {
    return report.ok("The way to the database is encrypted (" + cipher + ") and the server is verified.");
  }
  if (is_loopback(host_of(where))) {
    return report.note("The database is reached over TCP on this machine, without TLS.",
                       "A unix socket (database.socket) is faster, and needs no password.");
  }
  report.problem("The database on " + where + " is reached over TCP " +
                     (cipher.empty() ? "without TLS" : "without verifying the server's certificate") +
                     ": whoever is on the way reads and changes password hashes.",
                 "Set database.tls_ca to the authority of the server's certificate; TLS is then enforced.");
}

void check_version(Patient& patient, Report& report) {
  const std::string version = value_of(patient, "version");
  const bool mariadb = version.find("MariaDB") != std::string::npos ||
                       value_of(patient, "version_comment").find("MariaDB") != std::string::npos;
  const std::string text = std::string(mariadb ? "MariaDB " : "MySQL ") + printable(version);
  json::Value about = json::Value::object();
  about.set("version", json::Value::string(version));
  if (release(version) < (mariadb ? 1006 : 800)) {
    return report.problem("The server is " + text + ".",
                          "MariaDB 10.6, MySQL 8.0 or later is needed: upgrade the server.", about);
  }
  report.ok("The server is " + text + ".", about);
}

void check_durability(Patient& patient, Report& report) {
  bool fine = true;
  if (const std::string lost = store::lost_in_a_crash(patient.variables); !lost.empty()) {
    fine = false;
    report.warning(printable(lost), "Set innodb_flush_log_at_trx_commit = 1 in the server's configuration.");
  }
  const std::string sync = value_of(patient, "sync_binlog");
  if (is_on(patient, "log_bin") && sync != "1") {
    fine = false;
    report.warning("sync_binlog is " + printable(sync) +
                       ": after a crash the replicas may have other users than the server.",
                   "Set sync_binlog = 1 in the server's configuration.");
  }
  if (is_on(patient, "wsrep_on")) {
    report.note("The server is a node of a Galera cluster. Reads wait for what other nodes have committed.");
  }
  if (fine) report.ok("What is committed survives a crash of the server.");
}

void check_server_limits(Patient& patient, Report& report) {
  bool fine = true;
  if (is_on(patient, "read_only") || is_on(patient, "innodb_read_only")) {
    fine = false;
    report.problem("The server is read-only: nobody can register, and no password can be changed.",
                   "Name the primary server in [database], not a replica.");
  }
  const std::int64_t most = number_in(value_of(patient, "max_connections"));
  const std::int64_t pool = patient.config->database.pool_size;
  if (most > 0 && 2 * pool > most) {
    fine = false;
    report.warning("Two workers may open " + std::to_string(2 * pool) +
                       " connections, and the server takes " + std::to_string(most) + " in all.",
                   "Lower database.pool_size, or raise max_connections.");
  }
  if (const std::int64_t users = connection_users(*patient.config); pool < users) {
    fine = false;
    report.note("Up to " + std::to_string(users) + " threads of a worker ask for one of its " +
                    std::to_string(pool) + " connections.",
                "Raise database.pool_size, or lower server.database_threads.");
  }
  if (const std::int64_t wait = number_in(value_of(patient, "wait_timeout")); wait > 0 && wait < 30) {
    fine = false;
    report.note(
        "wait_timeout is " + counted(wait, "second") + ": idle connections are opened anew all the time.",
        "Set wait_timeout to some minutes.");
  }
  if (fine) {
    report.ok("The server takes writes and has room for the connections of a worker.",
              facts({{"max_connections", most}, {"pool_size", pool}}));
  }
}

void check_clock(Patient& patient, Report& report) {
  store::Survey survey(*patient.pool);
  survey.now();  // the statement is prepared, the connection there: the next one is the round trip alone
  const util::TimePoint before = patient.clock->now();
  const util::TimePoint theirs = survey.now();
  const util::TimePoint after = patient.clock->now();
  // Their time lies somewhere between the two of ours.
  const auto ahead = theirs < before  ? before - theirs
                     : theirs > after ? theirs - after
                                      : decltype(after - before){};
  const std::int64_t off = millis(ahead);
  const json::Value about = facts({{"milliseconds", theirs < before ? -off : off}});
  const std::string text = "The database's clock is " + std::to_string(off) + " ms " +
                           (theirs < before ? "behind" : "ahead of") + " ours.";
  const std::string advice = "Keep both machines' clocks in step (chrony, systemd-timesyncd).";
  if (off >= 30000) return report.problem(text, advice, about);
  if (off >= 1000) return report.warning(text, advice, about);
  report.ok("The database's clock and ours agree.", about);
}

}  // namespace jwtauthd::doctor
