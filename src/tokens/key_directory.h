// The directory of keys: keys.json and a private PEM file for each key that is not retired, KID.pem.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "jwt/key.h"
#include "tokens/key_manifest.h"
#include "util/error.h"
#include "util/secret.h"

namespace tokens {

/// Whether a file is the one that was seen before, without reading it. All zero: there is none.
struct FileStamp {
  std::int64_t modified = 0;  // nanoseconds since 1970
  std::uint64_t inode = 0;
  std::int64_t size = 0;

  bool operator==(const FileStamp&) const = default;
};

class KeyDirectory {
 public:
  explicit KeyDirectory(std::string path) : path_(std::move(path)) {}

  const std::string& path() const noexcept { return path_; }
  std::string manifest_path() const { return path_ + "/keys.json"; }
  std::string key_path(std::string_view kid) const;

  /// Of the manifest, which is replaced as a whole with every change.
  FileStamp stamp() const noexcept;
  /// An empty one where there is no manifest yet. Refuses what others may change.
  util::Result<KeyManifest> read() const;
  /// The key as it signs and verifies. Refuses a file that others may read or that the group may change, and
  /// a key that is not the one of its name.
  util::Result<jwt::Key> open(const KeyEntry& entry) const;

  /// While it lives, nobody else who asks for it changes the directory.
  class Lock {
   public:
    Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Lock& operator=(Lock&&) = delete;
    ~Lock();

   private:
    friend class KeyDirectory;
    explicit Lock(int fd) noexcept : fd_(fd) {}
    int fd_;
  };
  /// Waits for whoever has it.
  util::Result<Lock> lock() const;

  /// Durable when they return. The files get the group of the directory, so that the workers may read them.
  util::Result<void> write_key(std::string_view kid, std::string_view pem) const;
  util::Result<void> write(const KeyManifest& manifest) const;
  /// The files of keys that are retired at `now` go.
  void remove_retired(const KeyManifest& manifest, util::TimePoint now) const;

 private:
  std::string path_;
};

/// A file's text; `refuse` has the permission bits that it must not have.
util::Result<util::Secret> read_private_file(const std::string& path, unsigned refuse);

}  // namespace tokens
