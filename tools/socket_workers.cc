// socket_workers SOCKET MODE N DIRECTORY -- PROGRAM [ARGUMENT…]
//
// What jwtauthd.socket and jwtauthd@.service do, for a machine or a test without systemd: opens the
// listening unix socket, starts N processes of the program with it (LISTEN_FDS, sd_listen_fds(3)),
// writes DIRECTORY/N.pid for each, hands SIGTERM, SIGINT and SIGHUP on and ends when all have ended. A
// worker that ends by itself is started again. Exit status: 0 when every worker ended with 0 after a signal.

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int kFirstPassed = 3;  // SD_LISTEN_FDS_START

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "socket_workers: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

int open_listening(const char* path, mode_t mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    die(path);
  }
  std::strcpy(address.sun_path, path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  ::unlink(path);
  const mode_t mask = ::umask(0177);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die(path);
  ::umask(mask);
  if (::chmod(path, mode) != 0 || ::listen(fd, 4096) != 0) die(path);
  return fd;
}

void write_pid(const std::string& directory, std::size_t worker, pid_t pid) {
  const std::string path = directory + "/" + std::to_string(worker + 1) + ".pid";
  if (std::FILE* file = std::fopen((path + ".new").c_str(), "we")) {
    std::fprintf(file, "%d\n", pid);
    std::fclose(file);
    if (std::rename((path + ".new").c_str(), path.c_str()) == 0) return;
  }
  die(path);
}

pid_t start(int listening, char** program, const sigset_t& original_mask) {
  const pid_t pid = ::fork();
  if (pid < 0) die("fork");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // never left behind
  if (listening == kFirstPassed) {
    ::fcntl(listening, F_SETFD, 0);
  } else if (::dup2(listening, kFirstPassed) < 0) {
    die("dup2");
  }
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::sigprocmask(SIG_SETMASK, &original_mask, nullptr);
  ::execvp(program[0], program);
  die(program[0]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7 || std::strcmp(argv[5], "--") != 0 || std::atoi(argv[3]) < 1) {
    std::fprintf(stderr, "usage: socket_workers SOCKET MODE N DIRECTORY -- PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  const std::string directory = argv[4];
  ::mkdir(directory.c_str(), 0700);
  sigset_t signals, original_mask;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, &original_mask);

  const int listening = open_listening(argv[1], static_cast<mode_t>(std::strtoul(argv[2], nullptr, 8)));
  std::vector<pid_t> workers(static_cast<std::size_t>(std::atoi(argv[3])));
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i] = start(listening, argv + 6, original_mask);
    write_pid(directory, i, workers[i]);
  }

  bool stopping = false;
  int worst = 0;
  for (std::size_t alive = workers.size(); alive > 0;) {
    const int signal = ::sigwaitinfo(&signals, nullptr);
    if (signal == SIGTERM || signal == SIGINT || signal == SIGHUP) {
      stopping = stopping || signal != SIGHUP;
      for (const pid_t pid : workers) {
        if (pid > 0) ::kill(pid, signal);
      }
    }
    int status = 0;
    for (pid_t ended; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      for (std::size_t i = 0; i < workers.size(); ++i) {
        if (workers[i] != ended) continue;
        if (stopping) {
          workers[i] = 0;
          --alive;
          if (status != 0) worst = 1;
        } else {
          std::fprintf(stderr, "socket_workers: worker %zu ended with status %d; started again\n", i + 1,
                       status);
          ::usleep(100'000);  // one that cannot start shall not spin
          workers[i] = start(listening, argv + 6, original_mask);
          write_pid(directory, i, workers[i]);
        }
      }
    }
  }
  ::unlink(argv[1]);
  return worst;
}
