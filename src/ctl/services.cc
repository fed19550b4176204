#include "ctl/services.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "accounts/settings.h"
#include "ctl/operator.h"
#include "store/settings.h"
#include "tokens/settings.h"

namespace jwtauthd {
namespace {

mysql::Options database_options(const config::Config::Database& database) {
  mysql::Options options = for_one_command(store::database_options(database));
  options.pool_size = 2;
  options.read_timeout = std::max(database.read_timeout, std::chrono::seconds(std::chrono::hours(1)));
  return options;
}

}  // namespace

util::Result<std::unique_ptr<Services>> Services::open(const std::string& config_path) {
  auto config = config::load(config_path);
  if (!config) return util::unexpected<util::Error>(std::move(config.error()));
  try {
    return std::unique_ptr<Services>(new Services(std::move(*config)));
  } catch (const util::Outage& outage) {  // the list of common passwords
    return util::fail(config_path + ": " + outage.what());
  } catch (const std::invalid_argument& wrong) {  // parameters of the password hash
    return util::fail(config_path + ": " + wrong.what());
  }
}

Services::Services(config::Config config)
    : config_(std::move(config)),
      policy_(accounts::password_policy(config_.passwords)),
      hashes_(accounts::password_params(config_.passwords), random_),
      pool_(database_options(config_.database)),
      users_(pool_, auditing()),
      sessions_(pool_, auditing()),
      personal_tokens_(pool_, auditing()) {}

tokens::SessionLifetimes Services::lifetimes() const {
  return tokens::lifetimes(config_.tokens);
}

store::Auditing Services::auditing() const {
  return store::auditing(config_.audit);
}

ExitCode with_services(const std::string& config_path, Terminal& terminal,
                       const std::function<ExitCode(Services&)>& work) {
  auto services = Services::open(config_path);
  if (!services) {
    terminal.err(services.error().message);
    return ExitCode::configuration;
  }
  try {
    return work(**services);
  } catch (const mysql::NoSuchTable& missing) {
    terminal.err(std::string("Error: the database is not prepared, run `jwtauthctl migrate` first: ") +
                 missing.what());
    return ExitCode::refused;
  } catch (const util::Outage& outage) {
    terminal.err(std::string("Error: the database does not answer: ") + outage.what());
    return ExitCode::unavailable;
  }
}

}  // namespace jwtauthd
