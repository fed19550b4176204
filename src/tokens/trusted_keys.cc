#include "tokens/trusted_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "util/descriptor.h"
#include "util/log.h"

namespace tokens {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

util::unexpected<util::Error> unreadable() {
  return util::fail("cannot be read: " + std::generic_category().message(errno));
}

bool is_same(const jwt::PublishedKey& a, const jwt::PublishedKey& b) {
  return a.thumbprint == b.thumbprint && a.key.algorithm() == b.key.algorithm() && a.key.kid() == b.key.kid();
}

}  // namespace

TrustedKeys::TrustedKeys(std::string file, std::vector<jwt::Algorithm> algorithms)
    : file_(std::move(file)), algorithms_(std::move(algorithms)) {}

util::Result<bool> TrustedKeys::look() {
  auto content = read();
  if (!content) return complain(std::move(content.error().message));
  if (!*content) return false;
  auto set = jwt::read_jwk_set(**content, algorithms_);
  if (!set) return complain(std::move(set.error().message));
  complaint_.clear();
  for (const std::string& reason : set->passed_over) util::log::warning(file_ + ": " + reason);
  take(std::move(*set));
  return true;
}

util::unexpected<util::Error> TrustedKeys::complain(std::string why) {
  const bool is_new = why != complaint_;
  complaint_ = std::move(why);
  return util::fail(is_new ? file_ + " " + complaint_ : std::string());
}

/// Nothing: it is as it was. What a file was before it could not be opened is forgotten.
util::Result<std::optional<std::string>> TrustedKeys::read() {
  const util::Descriptor file(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) {
    seen_ = {};
    return unreadable();
  }
  const Stamp stamp{status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
                    nanoseconds(status.st_ctim)};
  if (stamp == seen_) return std::nullopt;
  seen_ = stamp;
  if (!S_ISREG(status.st_mode)) return util::fail("is not a file");
  if ((status.st_mode & S_IWOTH) != 0) return util::fail("can be changed by every user of this machine");

  std::string text(jwt::max_jwk_set_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      seen_ = {};
      return unreadable();
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

/// A key that stays is the same object, so that what it vouched for stays vouched for.
void TrustedKeys::take(jwt::JwkSet set) {
  const auto before = current();
  auto now = std::make_shared<Set>();
  for (jwt::PublishedKey& key : set.keys) {
    const auto same = std::find_if(before->begin(), before->end(),
                                   [&](const auto& known) { return is_same(known->published, key); });
    now->push_back(same != before->end() ? *same : std::make_shared<TrustedKey>(std::move(key)));
  }
  *current_.lock() = now;
  for (const auto& known : *before) {
    if (std::find(now->begin(), now->end(), known) == now->end()) known->withdrawn = true;
  }
}

}  // namespace tokens
