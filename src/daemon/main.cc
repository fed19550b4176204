// jwtauthd: one worker. systemd (or a test) starts several on one socket.

#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "config/config.h"
#include "daemon/log_options.h"
#include "daemon/supervisor.h"
#include "daemon/worker.h"
#include "json/value.h"
#include "util/log.h"

#ifndef JWTAUTHD_CONFIG_FILE
#define JWTAUTHD_CONFIG_FILE "/etc/jwtauthd/jwtauthd.toml"
#endif
#ifndef JWTAUTHD_VERSION
#define JWTAUTHD_VERSION "unversioned"
#endif

namespace {

using jwtauthd::Worker;
namespace supervisor = jwtauthd::supervisor;

enum Exit { kStopped = 0, kFailed = 1, kUsage = 2, kUnanswered = 3, kMisconfigured = 78 /* EX_CONFIG */ };

constexpr char kUsageText[] =
    "usage: jwtauthd [-c FILE]\n"
    "\n"
    "Serves accounts and tokens to nginx over FastCGI; see jwtauthd(8).\n"
    "\n"
    "  -c, --config FILE  configuration (default: " JWTAUTHD_CONFIG_FILE
    ")\n"
    "  -V, --version      the version\n"
    "  -h, --help         this text\n"
    "\n"
    "SIGTERM and SIGINT end it when all requests under way are answered; SIGHUP has it take what\n"
    "was changed in its configuration.\n";

sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

/// Returns when it is time to stop.
void wait_for_the_end(const sigset_t& signals, Worker& worker) {
  using Clock = std::chrono::steady_clock;
  // Without a watchdog it is looked at all the same, now and then, and nobody is told.
  const std::chrono::milliseconds interval =
      supervisor::watchdog_interval().value_or(std::chrono::minutes(1));
  auto due = Clock::now() + interval;
  for (;;) {
    const auto left = std::max<Clock::duration>(due - Clock::now(), Clock::duration::zero());
    const auto nanoseconds = std::chrono::nanoseconds(left).count();
    const timespec timeout{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &timeout);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) worker.reload();
    if (Clock::now() < due) continue;  // signals may come more often than it is due
    due = Clock::now() + interval;
    if (worker.alive()) {
      supervisor::tell_alive();
    } else {
      util::log::error("a thread hangs: the watchdog is not told that all is well");
    }
  }
}

/// Threads that ask the database end when it answers; nobody waits for what they are told.
bool gone_in_time(std::unique_ptr<Worker> worker) {
  std::promise<void> gone;
  const auto is_gone = gone.get_future();
  std::thread([gone = std::move(gone), worker = std::move(worker)]() mutable {
    worker.reset();
    gone.set_value();
  }).detach();
  return is_gone.wait_for(std::chrono::seconds(1)) == std::future_status::ready;
}

int serve(const std::string& file, config::Config configuration) {
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before there are threads: they inherit it
  util::log::start(jwtauthd::log_options(configuration.log));
  json::start();

  auto worker = std::make_unique<Worker>(file, std::move(configuration));
  worker->start();
  wait_for_the_end(signals, *worker);
  supervisor::tell_stopping();
  util::log::info("stopping: answering what is under way");
  if (!worker->stop()) {
    util::log::warning("stopped with requests unanswered: server.shutdown_grace was over");
    util::log::stop();
    std::_Exit(kUnanswered);  // the threads that have them might keep us for as long again
  }
  util::log::info("stopped");
  if (!gone_in_time(std::move(worker))) {
    util::log::stop();
    std::_Exit(kStopped);
  }
  return kStopped;
}

/// Nothing here needs the usual 8 MiB a thread, which transparent huge pages would fill 2 MiB at a time.
/// 1 MiB is the least that ThreadSanitizer's own part of a stack leaves room in.
void limit_stacks() {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, 1024 * 1024);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

/// A worker has keys and tokens in its memory: they belong in no file. Whoever looks for a fault can raise
/// the limit of the running process (prlimit --core).
void write_no_core() {
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  std::string path = JWTAUTHD_CONFIG_FILE;
  const option options[] = {{"config", required_argument, nullptr, 'c'},
                            {"version", no_argument, nullptr, 'V'},
                            {"help", no_argument, nullptr, 'h'},
                            {}};
  for (int option; (option = getopt_long(argc, argv, "c:Vh", options, nullptr)) != -1;) {
    switch (option) {
      case 'c':
        path = optarg;
        break;
      case 'V':
        std::puts("jwtauthd " JWTAUTHD_VERSION);
        return kStopped;
      case 'h':
        std::fputs(kUsageText, stdout);
        return kStopped;
      default:
        std::fputs(kUsageText, stderr);
        return kUsage;
    }
  }
  if (optind < argc) {
    std::fputs(kUsageText, stderr);
    return kUsage;
  }

  write_no_core();
  limit_stacks();
  mallopt(M_ARENA_MAX, 2);  // a heap for each of twenty threads would multiply the memory of an idle worker
  int status = kFailed;
  try {
    auto configuration = config::load(path);
    if (configuration) {
      status = serve(path, std::move(*configuration));
    } else {
      std::fprintf(stderr, "%s\n", configuration.error().message.c_str());
      status = kMisconfigured;
    }
  } catch (const std::exception& error) {
    util::log::error(error.what());
  }
  util::log::stop();
  return status;
}
