#include "config/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace config {
namespace {

constexpr std::size_t kLongest = 65536;

class File {
 public:
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

std::string because(int error) {
  return std::generic_category().message(error);
}

/// An empty text when it is good.
std::string wrong_with(const File& file, const std::string& path) {
  struct stat status {};
  if (file.fd() < 0 || fstat(file.fd(), &status) != 0) return "cannot read " + path + ": " + because(errno);
  if (!S_ISREG(status.st_mode)) return path + " is not a file";
  if (std::string why = too_open(status.st_mode); !why.empty()) return path + " " + why;
  if (status.st_size == 0) return path + " is empty";
  if (status.st_size > static_cast<off_t>(kLongest)) return path + " is longer than 64 KiB";
  return {};
}

}  // namespace

bool is_pem(std::string_view content) {
  return content.starts_with("-----BEGIN ");
}

std::string too_open(unsigned mode) {
  if ((mode & (S_IROTH | S_IWOTH)) == 0) return {};
  std::string octal = "0000";
  for (std::size_t i = octal.size(); i-- > 0; mode >>= 3) octal[i] = static_cast<char>('0' + (mode & 7));
  return "can be read or changed by every user of this machine (mode " + octal +
         "); chmod o= makes it private";
}

util::Result<void> check_secret(const std::string& path) {
  const File file(path);
  if (std::string wrong = wrong_with(file, path); !wrong.empty()) return util::fail(std::move(wrong));
  return {};
}

util::Result<util::Secret> read_secret(const std::string& path) {
  const File file(path);
  if (std::string wrong = wrong_with(file, path); !wrong.empty()) return util::fail(std::move(wrong));
  std::string text(kLongest, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file.fd(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return util::fail("cannot read " + path + ": " + because(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  const std::string_view content = std::string_view(text).substr(0, size);
  const std::size_t end = content.find_last_not_of("\r\n");
  util::Secret secret(content.substr(0, end == std::string_view::npos ? 0 : end + 1));
  util::wipe(text.data(), text.size());
  if (secret.empty()) return util::fail(path + " is empty");
  return secret;
}

}  // namespace config
