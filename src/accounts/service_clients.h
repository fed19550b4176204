// Services that may ask about tokens and end them: a name and the SHA-256 of a secret that was drawn at
// random, so that a slow hash would protect nothing more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "util/error.h"
#include "util/random.h"
#include "util/secret.h"

namespace accounts {

class ServiceClients {
 public:
  ServiceClients() = default;
  /// One client a line: its name, white space, 64 hexadecimal digits; empty lines and those that begin with
  /// `#` are passed over. A name may stand twice, so that a secret can be changed without an interruption.
  static util::Result<ServiceClients> parse(std::string_view text);
  /// The same of a file. Throws util::Outage when it cannot be read.
  static util::Result<ServiceClients> read(const std::string& path);

  /// In a time that does not tell how close the secret was.
  bool knows(std::string_view name, std::string_view secret) const;
  std::size_t size() const noexcept { return clients_.size(); }

 private:
  struct Client {
    std::string name;
    std::string digest;  // hexadecimal, lower case
  };
  std::vector<Client> clients_;
};

/// [A-Za-z0-9._-], 1 to 64 characters.
bool is_client_name(std::string_view name) noexcept;

struct NewClient {
  util::Secret secret;  // 256 bits, base64url: shown once, kept nowhere
  std::string line;     // for the file
};
NewClient new_client(std::string_view name, util::Random& random);

}  // namespace accounts
