#include "daemon/worker.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "config/changes.h"
#include "daemon/log_options.h"
#include "daemon/supervisor.h"
#include "fastcgi/listener.h"
#include "util/log.h"

namespace jwtauthd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// How long a new application may take until it is ready to serve: it reads what was revoked.
constexpr auto kReadyWithin = 10s;
// A start takes milliseconds, and whoever restarts workers one by one waits for each.
constexpr auto kSoon = 10ms;
constexpr auto kLater = 250ms;
// A worker that is about to be ready leaves requests to the others, or in the socket's queue, meanwhile. One
// that took them at once, on a machine that was busy, answered 941 of a million with errors over fifty
// restarts.
constexpr auto kWorthWaiting = 2s;

ServerOptions server_options(const config::Config& c, std::size_t password_threads) {
  ServerOptions options;
  if (const auto inherited = supervisor::inherited_socket()) {
    options.listener.listen_fd = *inherited;
    options.listener.shared_socket = true;
  } else {
    options.listener.listen_fd = fastcgi::open_socket(c.server.listen, c.server.socket_mode);
    if (!c.server.listen.starts_with("tcp:")) options.listener.withdraw_path = c.server.listen;
  }
  options.listener.threads = static_cast<unsigned>(c.server.token_threads);
  options.listener.read_timeout = c.server.read_timeout;
  options.listener.write_timeout = c.server.write_timeout;
  options.listener.max_body_bytes = static_cast<std::size_t>(c.server.max_body_bytes);
  options.max_body_bytes = static_cast<std::size_t>(c.server.max_body_bytes);
  options.database_threads = static_cast<std::size_t>(c.server.database_threads);
  options.database_queue = static_cast<std::size_t>(c.server.database_queue);
  options.refresh_queue = options.database_queue;
  options.password_threads = password_threads;
  options.password_queue = static_cast<std::size_t>(c.server.password_queue);
  options.access_log = c.log.access;
  return options;
}

/// Holds the whole application: what the threads that answer have of it.
std::shared_ptr<api::App> app_of(const std::shared_ptr<Application>& application) {
  return {application, &application->app()};
}

/// Whoever asked has gone by then: nginx waits for half a minute. A request waits for the database more than
/// once, but ends with the first time that is in vain.
std::chrono::seconds patience(const config::Config::Database& d) {
  return std::max<std::chrono::seconds>(60s, 2 * (d.connect_timeout + d.read_timeout + d.write_timeout));
}

/// A thread without which the worker is none.
void or_end(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    util::log::error(std::string("this worker ends: ") + error.what());
    util::log::stop();
    std::_Exit(EXIT_FAILURE);
  }
}

void tell_doubts(Application& application) {
  for (const auto& doubt : application.doubts()) util::log::warning(doubt);
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const auto& part : parts) text.append(text.empty() ? "" : between).append(part);
  return text;
}

}  // namespace

Worker::Worker(std::string file, config::Config configuration)
    : file_(std::move(file)),
      scoreboard_(claim_scoreboard(configuration.metrics)),
      application_(make(std::move(configuration))),
      server_(server_options(current()->configuration(), current()->hashing_threads()), app_of(current()),
              random_),
      vitals_(scoreboard_ ? &*scoreboard_ : nullptr, server_, [this] { return current(); }) {}

std::shared_ptr<Application> Worker::make(config::Config configuration) {
  return std::make_shared<Application>(std::move(configuration), [this] { return vitals_.exposition(); });
}

Worker::~Worker() {
  end(0ms);
}

void Worker::start() {
  current()->start();
  vitals_.start();
  started_ = Clock::now();
  opener_ = std::jthread([this](const std::stop_token& stop) {
    or_end([&] {
      std::unique_lock lock(waking_);
      wake_.wait_for(lock, stop, kWorthWaiting, [] { return false; });
      lock.unlock();
      open();
    });
  });
  changer_ = std::jthread([this](const std::stop_token& stop) { or_end([&] { run(stop); }); });
}

void Worker::open() {
  const std::lock_guard lock(opening_);
  if (!std::exchange(open_, true) && !stopping_) server_.start();
}

bool Worker::stop() {
  return end(current()->configuration().server.shutdown_grace);
}

bool Worker::end(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(opening_);
    stopping_ = true;
  }
  changer_.request_stop();
  const bool all_answered = server_.stop(grace);
  vitals_.stop();
  return all_answered;
}

void Worker::reload() {
  {
    const std::lock_guard lock(waking_);
    ordered_ = true;
  }
  wake_.notify_all();
}

bool Worker::alive() noexcept {
  const std::lock_guard lock(opening_);
  if (!open_) return true;
  return server_.alive(patience(current()->configuration().database));
}

void Worker::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!ready_) tell_whether_ready();
    take_order(stop);
    // The last one who has it is this thread: nobody who answers requests waits for the threads of an old
    // one.
    std::erase_if(replaced_, [](const auto& application) { return application.use_count() == 1; });
    rest(stop);
  }
}

void Worker::rest(const std::stop_token& stop) {
  std::unique_lock lock(waking_);
  const auto is_ordered = [this] { return ordered_; };
  if (ready_ && replaced_.empty()) {
    wake_.wait(lock, stop, is_ordered);
  } else {
    const bool soon = ready_ || Clock::now() - started_ < 1s;
    wake_.wait_for(lock, stop, soon ? kSoon : kLater, is_ordered);
  }
}

void Worker::tell_whether_ready() {
  const auto application = current();
  const Missing missing = application->missing();
  if (missing.empty()) {
    // A worker that has just started knows no user: its first requests all ask the database at once, and on a
    // busy machine the connections, which are opened one by one, came too late for some. A server that has no
    // more of them is served with what there is.
    const bool late = Clock::now() - started_ >= kWorthWaiting;
    if (!late && !application->connect_all()) return;
    ready_ = true;
    open();
    util::log::info("ready: " + application->summary());
    supervisor::tell_ready();
    vitals_.note("");
    tell_doubts(*application);
    return;
  }
  const std::string text = "Not ready: " + joined(missing, "; ");
  if (text == told_ || Clock::now() - started_ < kWorthWaiting) return;
  told_ = text;
  util::log::warning(text);
  vitals_.note(text);
}

void Worker::take_order(const std::stop_token& stop) {
  {
    const std::lock_guard lock(waking_);
    if (!std::exchange(ordered_, false)) return;
  }
  if (ready_) supervisor::tell_reloading();
  std::string refusal;
  try {
    replace(stop);
  } catch (const std::exception& error) {
    refusal = error.what();
  }
  if (stop.stop_requested()) return;
  if (ready_) supervisor::tell_ready();
  if (refusal.empty()) return vitals_.note("");
  std::istringstream lines(refusal);
  for (std::string line; std::getline(lines, line);) util::log::error("reload refused: " + line);
  vitals_.note("the last reload was refused, the log says why");
}

void Worker::replace(const std::stop_token& stop) {
  auto loaded = config::load(file_);
  if (!loaded) throw std::runtime_error(loaded.error().message);
  const auto running = current();
  const config::Changes changes = config::adopt(running->configuration(), *loaded);

  auto next = make(std::move(*loaded));
  next->start();
  if (const Missing missing = wait_for(*next, stop); !missing.empty()) {
    throw std::runtime_error(joined(missing, "\n"));
  }
  server_.serve(app_of(next));
  replaced_.push_back(std::exchange(*application_.lock(), next));
  util::log::set_level(log_options(next->configuration().log).level);

  util::log::info("reloaded, " + (changes.taken.empty() ? std::string("no key was changed")
                                                        : "changed: " + joined(changes.taken, ", ")));
  tell_doubts(*next);
  if (!changes.wait_for_restart.empty()) {
    util::log::warning("changed and taken at a restart alone: " + joined(changes.wait_for_restart, ", "));
  }
}

Worker::Missing Worker::wait_for(Application& next, const std::stop_token& stop) {
  const auto end = Clock::now() + kReadyWithin;
  for (;;) {
    Missing missing = next.missing();
    if (missing.empty() || Clock::now() >= end) return missing;
    if (stop.stop_requested()) return {"the service is stopping"};
    std::this_thread::sleep_for(kSoon);
  }
}

}  // namespace jwtauthd
