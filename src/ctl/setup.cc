#include "ctl/setup.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "ctl/plain_text.h"
#include "ctl/user_text.h"
#include "json/value.h"
#include "util/error.h"

namespace jwtauthd {
namespace {

enum class State { done, already, would, failed };

std::string_view name(State state) {
  switch (state) {
    case State::done:
      return "done";
    case State::already:
      return "already";
    case State::would:
      return "would";
    case State::failed:
      return "failed";
  }
  return "";
}

struct Step {
  std::string name;
  std::string what;  // what is so when it is done
  std::function<bool()> is_done;
  std::vector<Action> actions;
};

/// Of a configuration of nginx.
std::string without_comments(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += line.substr(0, line.find('#')) + '\n';
  return out;
}

class Setup {
 public:
  Setup(const SetupOptions& options, Host& host, const OpenServer& open_server, Terminal& terminal)
      : options_(options), host_(host), open_server_(open_server), terminal_(terminal) {}

  ExitCode run();

 private:
  // Each part may use what the ones before it have made; false: it failed, and nothing after it makes sense.
  bool prepare_host();
  bool prepare_database(const config::Config& config);
  bool prepare_tables();
  bool start_service();
  void tell_nginx_lines();

  bool take(Step step);
  bool perform(const Action& action, std::string& problem);
  Command ours(std::vector<std::string> words, const std::string& as = {}) const;
  bool succeeds(const Command& command) { return host_.run(command).status == 0; }
  void report(const std::string& step, State state, const std::vector<std::string>& commands,
              const std::string& problem);
  bool refuse(const std::string& step, const std::string& problem);
  std::string key_file() const;
  util::Result<config::Config> configuration() const;
  ExitCode finish(ExitCode code);

  const SetupOptions& options_;
  Host& host_;
  const OpenServer& open_server_;
  Terminal& terminal_;
  store::Provision* server_ = nullptr;
  json::Value report_ = json::Value::array();
};

Command Setup::ours(std::vector<std::string> words, const std::string& as) const {
  words.insert(words.begin(), {"jwtauthctl", "-c", options_.config_path});
  return {std::move(words), as};
}

bool Setup::perform(const Action& action, std::string& problem) {
  if (const auto* const sql = std::get_if<Sql>(&action)) {
    server_->run(sql->statement);
    return true;
  }
  const Host::Ran ran = host_.run(std::get<Command>(action));
  if (ran.status == 0) return true;
  problem = printable(ran.output);
  if (problem.empty()) problem = "exit status " + std::to_string(ran.status);
  return false;
}

/// Looks, does, tells.
bool Setup::take(Step step) {
  State state = State::done;
  std::string problem;
  if (step.is_done()) {
    state = State::already;
  } else if (options_.dry_run) {
    state = State::would;
  } else {
    for (const Action& action : step.actions) {
      if (perform(action, problem)) continue;
      state = State::failed;
      problem = typed(action) + ": " + problem;
      break;
    }
  }
  std::vector<std::string> commands;
  for (const Action& action : step.actions) commands.push_back(typed(action));
  report(step.name, state, commands, problem);
  if (!options_.json) {
    std::string line(name(state));
    line.resize(9, ' ');
    terminal_.out(line + step.what);
  }
  if (!options_.json && state == State::would) {
    for (const std::string& command : commands) terminal_.out("           " + command);
  }
  if (state == State::failed) terminal_.err("Error: " + problem);
  return state != State::failed;
}

void Setup::report(const std::string& step, State state, const std::vector<std::string>& commands,
                   const std::string& problem) {
  json::Value entry = json::Value::object();
  entry.set("step", json::Value::string(step));
  entry.set("state", json::Value::string(name(state)));
  entry.set("commands", json::Value::array(commands));
  if (!problem.empty()) entry.set("problem", json_text(problem));
  report_.append(std::move(entry));
}

/// Of what no command of ours can change.
bool Setup::refuse(const std::string& step, const std::string& problem) {
  report(step, State::failed, {}, problem);
  terminal_.err("Error: " + problem);
  return false;
}

std::string Setup::key_file() const {
  return (std::filesystem::path(options_.config_path).parent_path() / "signing-key.pem").string();
}

/// Without a key that is not made yet, load() would refuse what is in order otherwise.
util::Result<config::Config> Setup::configuration() const {
  if (!options_.dry_run || host_.exists(key_file())) return config::load(options_.config_path);
  constexpr auto kAlgorithm = "JWTAUTHD_TOKENS_ALGORITHM";
  constexpr auto kSecret = "JWTAUTHD_TOKENS_SIGNING_KEY";
  setenv(kAlgorithm, "HS256", 1);
  setenv(kSecret, std::string(64, '0').c_str(), 1);
  auto config = config::load(options_.config_path);
  unsetenv(kAlgorithm);
  unsetenv(kSecret);
  return config;
}

bool Setup::prepare_host() {
  const std::string& user = options_.service_user;
  if (!take({"user",
             "the system's user " + user,
             [&] { return host_.has_user(user); },
             {Command{{"systemd-sysusers", "jwtauthd.conf"}}}})) {
    return false;
  }
  // Where the units look for it, and beside the configuration: also where HS* or keys.directory pass it over.
  const std::string key = key_file();
  return take({"key",
               "a signing key in " + key,
               [&] { return host_.exists(key); },
               // What a run that was broken off has left would stand in the way.
               {Command{{"rm", "-f", key + ".new"}},
                Command{{"jwtauthctl", "keys", "generate", "--file", key + ".new"}},
                Command{{"chgrp", user, key + ".new"}}, Command{{"chmod", "0640", key + ".new"}},
                Command{{"mv", "-n", key + ".new", key}}}});
}

bool Setup::prepare_database(const config::Config& config) {
  const config::Config::Database& database = config.database;
  const Command connects = ours({"migrate", "--status"}, options_.service_user);
  // A host or a password of the operator's: the account is his to make.
  const auto reached = [&] {
    const int status = host_.run(connects).status;
    return status == static_cast<int>(ExitCode::ok) || status == static_cast<int>(ExitCode::refused);
  };
  if (database.socket.empty() || !database.password.empty()) {
    if (reached()) return true;
    return refuse("database", "the database of " + options_.config_path +
                                  " does not take the workers. On its server:\n  " +
                                  store::create_database(database.name) + ";\n  CREATE USER " +
                                  store::account(database.user, "%") + " IDENTIFIED BY …;\n  " +
                                  store::grant_rights(database.user, database.name, "%"));
  }
  if (database.user != options_.service_user) {
    return refuse("database", "database.user is " + printable(database.user) +
                                  ", and without a password MariaDB takes " + options_.service_user +
                                  " from the workers, which run as that user of the system");
  }
  server_ = &open_server_(config);
  const std::string& user = database.user;
  return take({"database",
               "the database " + database.name,
               [&] { return server_->has_database(database.name); },
               {Sql{store::create_database(database.name)}}}) &&
         take({"account",
               "its user " + user + ", known by the system's user and without a password",
               [&] { return server_->has_user(user); },
               {Sql{store::create_user(user, server_->dialect())}}}) &&
         take({"rights",
               "his rights, on " + database.name + " alone",
               [&] { return server_->has_rights(user, database.name); },
               {Sql{store::grant_rights(user, database.name)}}});
}

bool Setup::prepare_tables() {
  return take({"tables",
               "the tables of this version",
               [&] {
                 return succeeds(ours({"migrate", "--status"}, options_.service_user));
               },
               {ours({"migrate"}, options_.service_user)}});
}

bool Setup::start_service() {
  const bool booted = host_.exists("/run/systemd/system");
  if (!booted && host_.run({{"systemctl", "--version"}}).status != 0)
    return true;  // a machine without systemd
  std::vector<Action> actions;
  if (booted) actions.push_back(Command{{"systemctl", "daemon-reload"}});
  std::vector<std::string> enable{"systemctl", "enable"};
  if (booted) enable.push_back("--now");
  const std::vector<std::string> units{"jwtauthd.socket", "jwtauthd.target"};
  enable.insert(enable.end(), units.begin(), units.end());
  actions.push_back(Command{std::move(enable)});
  return take({"service", booted ? "jwtauthd.target is enabled and runs" : "jwtauthd.target is enabled",
               [&] {
                 // Of several, one that is suffices systemctl.
                 return std::ranges::all_of(units, [&](const std::string& unit) {
                   return succeeds({{"systemctl", "is-enabled", unit}}) &&
                          (!booted || succeeds({{"systemctl", "is-active", unit}}));
                 });
               },
               std::move(actions)});
}

void Setup::tell_nginx_lines() {
  if (options_.json) return;
  if (without_comments(host_.run({{"nginx", "-T"}}).output).find("snippets/jwtauthd-locations.conf;") !=
      std::string::npos) {
    return terminal_.out("already  nginx includes jwtauthd's locations");
  }
  terminal_.out("nginx: in the http block, a file in /etc/nginx/conf.d/ for instance,");
  terminal_.out("  include snippets/jwtauthd-upstream.conf;");
  terminal_.out("and in the server block of a site");
  terminal_.out("  include snippets/jwtauthd-locations.conf;");
  terminal_.out("  include snippets/jwtauthd-errors.conf;");
  terminal_.out("then: nginx -t && systemctl reload nginx");
}

ExitCode Setup::finish(ExitCode code) {
  if (options_.json) {
    terminal_.out(report_.dump_indented(2));
  } else if (code == ExitCode::ok) {
    tell_nginx_lines();
  }
  return code;
}

ExitCode Setup::run() {
  if (!host_.is_root() && !options_.dry_run) {
    terminal_.err("Error: this changes the machine and its database, and wants to be run by root.");
    return ExitCode::refused;
  }
  if (!prepare_host()) return finish(ExitCode::refused);
  const auto config = configuration();
  if (!config) {
    refuse("configuration", config.error().message);
    return finish(ExitCode::configuration);
  }
  try {
    if (!prepare_database(*config)) return finish(ExitCode::refused);
  } catch (const util::Outage& outage) {
    refuse("database", "the database at " + config->database.socket +
                           " does not take orders from this user of the system: " + outage.what());
    return finish(ExitCode::unavailable);
  }
  const bool good = prepare_tables() && start_service();
  return finish(good ? ExitCode::ok : ExitCode::refused);
}

}  // namespace

std::string typed(const Action& action) {
  if (const auto* const sql = std::get_if<Sql>(&action)) return "mariadb -e " + typed_word(sql->statement);
  return typed(std::get<Command>(action));
}

ExitCode set_up(const SetupOptions& options, Host& host, const OpenServer& open_server, Terminal& terminal) {
  return Setup(options, host, open_server, terminal).run();
}

}  // namespace jwtauthd
