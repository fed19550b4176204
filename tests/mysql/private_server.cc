#include "tests/mysql/private_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace testing {
namespace {

namespace fs = std::filesystem;

fs::path new_directory() {
  std::string pattern = (fs::temp_directory_path() / "jwtauthd-db-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
  return pattern;
}

void shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

/// mariadbd refuses to run as root unless it is told to.
std::string user_option() {
  return ::geteuid() == 0 ? " --user=root" : "";
}

/// An installed data directory, made once in a process (0.5 s) and copied for each server (30 ms).
struct Template {
  Template() : directory(new_directory()) {
    const std::string data = (directory / "data").string();
    shell("mariadb-install-db --no-defaults --datadir=" + data +
          " --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve"
          " --innodb-log-file-size=4M --innodb-data-file-path=ibdata1:2M:autoextend" +
          user_option() + " >" + (directory / "log").string() + " 2>&1");
  }
  ~Template() { fs::remove_all(directory); }
  fs::path directory;
};

/// Whether the server says the first word of its protocol.
bool greets(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  pollfd word{fd, POLLIN, 0};
  char byte = 0;
  const bool greeted = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       ::poll(&word, 1, 5000) == 1 && ::read(fd, &byte, 1) == 1;
  ::close(fd);
  return greeted;
}

}  // namespace

PrivateServer::PrivateServer(std::vector<std::string> extra)
    : directory_(new_directory()), extra_(std::move(extra)) {
  static const Template installed;
  fs::copy(installed.directory / "data", directory_ / "data", fs::copy_options::recursive);
  fs::create_directory(directory_ / "tmp");
  start();
}

PrivateServer::~PrivateServer() {
  if (pid_ != 0) kill();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PrivateServer::start() {
  std::vector<std::string> words = {"mariadbd",
                                    "--no-defaults",
                                    "--datadir=" + (directory_ / "data").string(),
                                    "--socket=" + socket(),
                                    "--pid-file=" + (directory_ / "pid").string(),
                                    "--tmpdir=" + (directory_ / "tmp").string(),
                                    "--log-error=" + (directory_ / "log").string(),
                                    "--skip-networking",
                                    "--skip-log-bin",
                                    "--character-set-server=utf8mb4",
                                    "--collation-server=utf8mb4_general_ci",
                                    "--innodb-buffer-pool-size=16M",
                                    "--innodb-log-file-size=4M",
                                    "--innodb-data-file-path=ibdata1:2M:autoextend",
                                    "--innodb-flush-log-at-trx-commit=2",
                                    "--innodb-flush-method=nosync",
                                    "--innodb-doublewrite=0",
                                    "--sync-frm=0",
                                    "--performance-schema=OFF"};
  if (::geteuid() == 0) words.emplace_back("--user=root");
  words.insert(words.end(), extra_.begin(), extra_.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nothing running
    if (::getppid() != parent) ::_exit(1);
    const int null = ::open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) ::dup2(null, fd);
    ::execvp(arguments[0], arguments.data());
    ::execv("/usr/sbin/mariadbd", arguments.data());  // not in every user's PATH
    ::_exit(127);
  }
  for (int i = 0; i < 3000 && !greets(socket()); ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      std::ifstream log(directory_ / "log");
      throw std::runtime_error("mariadbd did not start: " +
                               std::string(std::istreambuf_iterator<char>(log), {}));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PrivateServer::stop() {
  ::kill(pid_, SIGTERM);
  wait_for_exit();
}

void PrivateServer::kill() {
  ::kill(pid_, SIGKILL);
  wait_for_exit();
}

void PrivateServer::pause() {
  ::kill(pid_, SIGSTOP);
}

void PrivateServer::resume() {
  ::kill(pid_, SIGCONT);
}

void PrivateServer::wait_for_exit() {
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

mysql::Options PrivateServer::options(const std::string& database) const {
  mysql::Options options;
  options.socket = socket();
  options.user = "root";
  options.database = database;
  return options;
}

}  // namespace testing
