#include <CLI/CLI.hpp>
#include <algorithm>

#include "ctl/session.h"
#include "ctl/user.h"
#include "ctl/verbs.h"
#include "store/mysql_audit_store.h"
#include "store/mysql_revocation_store.h"
#include "store/mysql_throttle_store.h"

namespace jwtauthd {
namespace {

void add_list(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("list", "List sessions, newest use first.");
  auto whom = add_user_reference(*verb);
  auto request = std::make_shared<SessionList>();
  verb->add_flag("--all", request->ended, "Also those that have ended and are not purged yet.");
  verb->add_option("--limit", request->limit, "At most so many.")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  verb->add_flag("--json", request->json, "Answer in JSON: an array, times in UTC.");
  verb->footer(lesson(
      "A session is a login: one device of one user. Without a name, everybody's are listed, those first\n"
      "whose refresh token ends last.",
      "jwtauthctl session list ann\n"
      "jwtauthctl session list --id 7 --all --json | jq -r '.[].address'"));
  verb->callback([=, &line] {
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return with_id_of(*whom, services.accounts().users, terminal, [&](auto user_id) {
          return list_sessions(*request, user_id, services.accounts(), terminal);
        });
      });
    };
  });
}

void add_revoke(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("revoke", "End one session.");
  auto id = std::make_shared<std::string>();
  verb->add_option("id", *id, "Its id, as `session list` shows it and tokens have it in `sid`.")->required();
  verb->footer(lesson("Its refresh token is refused at once, its access tokens within cache.poll_interval.",
                      "jwtauthctl session revoke 019ab3c47d1e7c55b1c7a0d3e4f50617"));
  verb->callback([=, &line] {
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return revoke_session(*id, services.accounts(), terminal);
      });
    };
  });
}

struct PurgeOptions {
  unsigned batch = 1000;
  bool json = false;
};

void add_purge(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("purge", "Delete what is over from jwtauthd's own tables.");
  auto options = std::make_shared<PurgeOptions>();
  add_batch(*verb, options->batch, "Rows that one statement deletes.", options->json);
  verb->footer(lesson(
      "Sessions that have been over for sessions.lifetime, until when they tell the throttle where a user\n"
      "has been logged in (throttle.enabled = false: as soon as they are over); personal access tokens that\n"
      "have expired or whose user is gone; revocations that have ended no valid token for a day (a clock that is\n"
      "a day ahead brings none back); failed logins older than throttle.lockout; audit records older than\n"
      "audit.retention. In short statements, so that nobody waits.\n"
      "jwtauthd-purge.timer runs it hourly.",
      "jwtauthctl session purge\n"
      "jwtauthctl sessions purge --batch 200 --json"));
  verb->callback([=, &line] {
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        const config::Config& config = services.config();
        store::MysqlRevocationStore revocations(services.pool());
        store::MysqlThrottleStore throttle(services.pool());
        store::MysqlAuditStore audit(services.pool());
        const auto memory = std::max({config.throttle.lockout, config.throttle.max_delay,
                                      std::chrono::seconds(store::kAddressMemory)});
        // What is over still tells where an owner was logged in (accounts/throttle.h).
        const auto owner_memory =
            config.throttle.enabled ? config.sessions.lifetime : std::chrono::seconds(0);
        return purge({services.accounts().sessions, services.accounts().personal_tokens, revocations,
                      throttle, audit, services.clock().now(), config.tokens.leeway,
                      config.tokens.leeway + owner_memory, memory, config.audit.retention, options->batch,
                      options->json},
                     terminal);
      });
    };
  });
}

}  // namespace

void add_session(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("session", "Look at logins, end them, and delete what is over.");
  group->alias("sessions");
  group->require_subcommand(1);
  add_list(*group, line);
  add_revoke(*group, line);
  add_purge(*group, line);
}

}  // namespace jwtauthd
