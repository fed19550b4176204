// A directory of keys of the test's own.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "crypto/asymmetric_key.h"
#include "tokens/key_directory.h"
#include "util/temporary_directory.h"

namespace tokens_test {

class KeyRoom {
 public:
  std::string path() const { return directory_.path(); }
  tokens::KeyDirectory directory() const { return tokens::KeyDirectory(path()); }
  std::string manifest_path() const { return directory().manifest_path(); }

  /// A key that signs from then on; its kid.
  std::string add(util::TimePoint at, util::TimePoint signs_from, const tokens::KeyPacing& pacing,
                  jwt::Algorithm algorithm = jwt::Algorithm::es256,
                  crypto::KeyType type = crypto::KeyType::p256) const {
    const auto pem = crypto::AsymmetricKey::generate_pem(type);
    tokens::KeyEntry entry;
    entry.kid = crypto::AsymmetricKey::from_pem(pem.reveal())->thumbprint();
    entry.algorithm = algorithm;
    entry.created_at = at;
    entry.signs_from = signs_from;
    const std::string kid = entry.kid;
    check(directory().write_key(kid, pem.reveal()));
    auto manifest = directory().read().value();
    manifest.add(std::move(entry), pacing);
    put(manifest);
    return kid;
  }
  void retire(const std::string& kid, util::TimePoint at, const tokens::KeyPacing& pacing) const {
    auto manifest = directory().read().value();
    manifest.retire(kid, at, pacing);
    put(manifest);
  }

  void put(const tokens::KeyManifest& manifest) const { check(directory().write(manifest)); }

  std::string read(const std::string& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& path, const std::string& text) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }

 private:
  static void check(const util::Result<void>& written) {
    if (!written) throw std::runtime_error(written.error().message);
  }

  testing::TemporaryDirectory directory_;
};

}  // namespace tokens_test
