#include "ctl/flush_expired_tokens.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "ctl/services.h"
#include "ctl/verbs.h"
#include "json/value.h"

namespace jwtauthd {

ExitCode flush_expired_tokens(const FlushOptions& options, store::BlacklistStore& blacklist,
                              util::TimePoint ended, Terminal& terminal) {
  if (!blacklist.tables_exist()) {
    terminal.err("Error: this database has no tables of Django's token_blacklist app.");
    return ExitCode::refused;
  }
  std::uint64_t tokens = 0;
  // A batch may find its rows deleted by Django's own flush meanwhile; behind it there may be more.
  std::int64_t before = 0;
  store::Flushed flushed;
  do {
    before = flushed.last_id;
    flushed = blacklist.flush_expired(ended, before, options.batch);
    tokens += flushed.tokens;
  } while (flushed.last_id != before);

  if (options.json) {
    json::Value report = json::Value::object();
    report.set("deleted", json::Value::integer(static_cast<std::int64_t>(tokens)));
    terminal.out(report.dump_indented(2));
  } else {
    terminal.out("Deleted " + std::to_string(tokens) +
                 (tokens == 1 ? " expired token." : " expired tokens."));
  }
  return ExitCode::ok;
}

void add_flush_expired_tokens(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand(
      "flush-expired-tokens", "Delete expired refresh tokens from the tables of Django's blacklist.");
  auto options = std::make_shared<FlushOptions>();
  add_batch(*verb, options->batch, "Tokens that one transaction deletes.", options->json);
  verb->footer(lesson(
      "What Django's `manage.py flushexpiredtokens` does, in short transactions, so that nobody waits\n"
      "for it. Tokens within tokens.leeway stay: they are still good, or still blacklisted. Run it from a\n"
      "timer, once a day, where compat.django_blacklist is on.",
      "jwtauthctl flush-expired-tokens\n"
      "jwtauthctl flush-expired-tokens --batch 200 --json"));
  verb->callback([&line, options] {
    line.chosen = [&line, options](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        store::MysqlBlacklistStore blacklist(services.pool());
        const util::TimePoint ended = util::SystemClock().now() - services.config().tokens.leeway;
        return flush_expired_tokens(*options, blacklist, ended, terminal);
      });
    };
  });
}

}  // namespace jwtauthd
