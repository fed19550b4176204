#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "ctl/host.h"

namespace jwtauthd {
namespace {

constexpr int kCannotRun = 127;

struct Identity {
  uid_t user;
  gid_t group;
  std::vector<gid_t> groups;
};

/// Looked up before the fork: after it, only what is safe in a signal handler may be called.
std::optional<Identity> identity_of(const std::string& name) {
  const passwd* const entry = getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  Identity identity{entry->pw_uid, entry->pw_gid, std::vector<gid_t>(64)};
  int count = static_cast<int>(identity.groups.size());
  if (getgrouplist(name.c_str(), entry->pw_gid, identity.groups.data(), &count) < 0) return std::nullopt;
  identity.groups.resize(static_cast<std::size_t>(count));
  return identity;
}

bool become(const Identity& identity) {
  return setgroups(identity.groups.size(), identity.groups.data()) == 0 && setgid(identity.group) == 0 &&
         setuid(identity.user) == 0;
}

bool read_nothing() {
  const int nothing = open("/dev/null", O_RDONLY);
  return nothing >= 0 && dup2(nothing, 0) >= 0;
}

[[noreturn]] void begin(const std::vector<char*>& words, const Identity* identity, bool asks, int output) {
  if ((!asks && !read_nothing()) || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(kCannotRun);
  if (identity == nullptr || become(*identity)) execvp(words.front(), words.data());
  _exit(kCannotRun);
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t got = read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

std::string typed_word(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:@%+,";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string typed(const Command& command) {
  std::string line = command.as.empty() ? "" : "sudo -u " + command.as + " ";
  for (std::size_t i = 0; i < command.words.size(); ++i)
    line += (i == 0 ? "" : " ") + typed_word(command.words[i]);
  return line;
}

bool PosixHost::is_root() const {
  return geteuid() == 0;
}

bool PosixHost::has_user(const std::string& name) const {
  return getpwnam(name.c_str()) != nullptr;
}

bool PosixHost::exists(const std::string& path) const {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Host::Ran PosixHost::run(const Command& command) {
  std::vector<std::string> texts = command.words;
  if (texts.front() == "jwtauthctl") texts.front() = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<char*> words;
  for (std::string& text : texts) words.push_back(text.data());
  words.push_back(nullptr);

  std::optional<Identity> identity;
  if (!command.as.empty() && !(identity = identity_of(command.as))) {
    return {kCannotRun, "there is no user " + command.as};
  }
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {kCannotRun, std::generic_category().message(errno)};
  const pid_t child = fork();
  if (child == 0) begin(words, identity ? &*identity : nullptr, command.asks, ends[1]);
  const int error = errno;
  close(ends[1]);
  Ran ran{kCannotRun, child < 0 ? std::generic_category().message(error) : read_all(ends[0])};
  close(ends[0]);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child > 0) ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  while (ran.output.ends_with('\n')) ran.output.pop_back();
  if (ran.status == kCannotRun && ran.output.empty()) ran.output = texts.front() + " cannot be run";
  return ran;
}

}  // namespace jwtauthd
