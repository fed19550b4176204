#include "tokens/key_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "crypto/asymmetric_key.h"

namespace tokens {
namespace {

constexpr std::size_t longest_file = 1024 * 1024;
constexpr unsigned others_change = S_IWOTH | S_IWGRP;
constexpr unsigned others_read_or_change = S_IRWXO | S_IWGRP;

std::string because(int error) {
  return std::generic_category().message(error);
}

class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const noexcept { return fd_; }
  bool good() const noexcept { return fd_ >= 0; }

 private:
  const int fd_;
};

std::string octal(unsigned mode) {
  std::string digits = "0000";
  for (std::size_t i = digits.size(); i-- > 0; mode >>= 3) digits[i] = static_cast<char>('0' + (mode & 7));
  return digits;
}

bool write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

/// A file is there whole or not at all: it is written beside its place and renamed into it.
util::Result<void> replace(const std::string& directory, const std::string& path, std::string_view text,
                           mode_t mode) {
  const std::string fresh = path + ".new";
  const auto failed = [&] {
    const int error = errno;
    ::unlink(fresh.c_str());
    return util::fail("cannot write " + path + ": " + because(error));
  };
  ::unlink(fresh.c_str());  // of a writer that was killed
  {
    const File file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    struct stat parent {};
    struct stat own {};
    if (!file.good() || ::stat(directory.c_str(), &parent) != 0 || ::fstat(file.fd(), &own) != 0)
      return failed();
    if (own.st_gid != parent.st_gid && ::fchown(file.fd(), static_cast<uid_t>(-1), parent.st_gid) != 0)
      return failed();
    if (::fchmod(file.fd(), mode) != 0 || !write_all(file.fd(), text) || ::fsync(file.fd()) != 0)
      return failed();
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed();
  const File parent(directory, O_RDONLY | O_DIRECTORY);
  if (!parent.good() || ::fsync(parent.fd()) != 0) return failed();
  return {};
}

}  // namespace

util::Result<util::Secret> read_private_file(const std::string& path, unsigned refuse) {
  const File file(path, O_RDONLY | O_NONBLOCK);  // a FIFO in its place must not hold a worker up
  struct stat status {};
  if (!file.good() || ::fstat(file.fd(), &status) != 0)
    return util::fail("cannot read " + path + ": " + because(errno));
  if (!S_ISREG(status.st_mode)) return util::fail(path + " is not a file");
  if ((status.st_mode & refuse) != 0) {
    return util::fail(path + " has mode " + octal(status.st_mode & 07777) + ", which lets others " +
                      ((status.st_mode & refuse & (S_IROTH | S_IXOTH)) != 0 ? "read" : "change") +
                      " it; chmod g-w,o= makes it private");
  }
  std::string text(longest_file + 1, '\0');
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() && (got = ::read(file.fd(), text.data() + size, text.size() - size)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    size += static_cast<std::size_t>(got);
  }
  const int error = errno;
  util::Secret secret(std::string_view(text).substr(0, size));
  util::wipe(text.data(), size);
  if (got < 0) return util::fail("cannot read " + path + ": " + because(error));
  if (size > longest_file) return util::fail(path + " is longer than 1 MiB");
  return secret;
}

std::string KeyDirectory::key_path(std::string_view kid) const {
  return path_ + "/" + std::string(kid) + ".pem";
}

FileStamp KeyDirectory::stamp() const noexcept {
  struct stat status {};
  if (::stat(manifest_path().c_str(), &status) != 0) return {};
  return {status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_ino, status.st_size};
}

util::Result<KeyManifest> KeyDirectory::read() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return util::fail("cannot read " + path_ + ": " + because(errno));
  if (!S_ISDIR(status.st_mode)) return util::fail(path_ + " is not a directory");
  if ((status.st_mode & others_change) != 0) {
    return util::fail(path_ + " has mode " + octal(status.st_mode & 07777) +
                      ", which lets others put keys into it; chmod g-w,o= makes it private");
  }
  if (::access(manifest_path().c_str(), F_OK) != 0 && errno == ENOENT) return KeyManifest();
  const auto text = read_private_file(manifest_path(), others_change);
  if (!text) return util::unexpected(text.error());
  auto manifest = KeyManifest::parse(text->reveal());
  if (!manifest) return util::fail(manifest_path() + " is no manifest of keys: " + manifest.error().message);
  return manifest;
}

util::Result<jwt::Key> KeyDirectory::open(const KeyEntry& entry) const {
  const std::string path = key_path(entry.kid);
  const auto pem = read_private_file(path, others_read_or_change);
  if (!pem) return util::unexpected(pem.error());
  const auto pair = crypto::AsymmetricKey::from_pem(pem->reveal());
  if (!pair) return util::fail(path + ": " + pair.error().message);
  if (!pair->has_private()) return util::fail(path + " is a public key: the private one is needed");
  if (pair->thumbprint() != entry.kid) {
    return util::fail(path + " holds another key, " + pair->thumbprint());
  }
  auto key = jwt::Key::from_pem(entry.algorithm, pem->reveal(), entry.kid);
  if (!key) return util::fail(path + ": " + key.error().message);
  return key;
}

KeyDirectory::Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);
}

util::Result<KeyDirectory::Lock> KeyDirectory::lock() const {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int locked = -1;
  if (fd >= 0) {
    do {
      locked = ::flock(fd, LOCK_EX);
    } while (locked != 0 && errno == EINTR);
  }
  Lock held(fd);
  if (locked != 0) return util::fail("cannot lock " + path_ + ": " + because(errno));
  return held;
}

util::Result<void> KeyDirectory::write_key(std::string_view kid, std::string_view pem) const {
  return replace(path_, key_path(kid), pem, S_IRUSR | S_IWUSR | S_IRGRP);
}

util::Result<void> KeyDirectory::write(const KeyManifest& manifest) const {
  return replace(path_, manifest_path(), manifest.dump(), S_IRUSR | S_IWUSR | S_IRGRP);
}

void KeyDirectory::remove_retired(const KeyManifest& manifest, util::TimePoint now) const {
  for (const KeyEntry& entry : manifest.entries()) {
    if (!entry.is_secret() && entry.retired(now)) ::unlink(key_path(entry.kid).c_str());
  }
}

}  // namespace tokens
