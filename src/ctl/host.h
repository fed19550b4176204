// The machine that jwtauthctl runs on: what is asked of it and told to do. A test has its own.
#pragma once

#include <string>
#include <vector>

namespace jwtauthd {

struct Command {
  std::vector<std::string> words;
  std::string as{};   // a user of the system; empty: whoever we are
  bool asks = false;  // may ask who types: polkit for a password. Otherwise there is nothing to read
};
/// As one would type it.
std::string typed(const Command& command);
/// One word, in single quotes where a shell would take it for something else.
std::string typed_word(const std::string& word);

class Host {
 public:
  struct Ran {
    int status = 0;      // 127: cannot be run
    std::string output;  // standard output and error, without the last line's end
  };
  virtual ~Host() = default;
  virtual bool is_root() const = 0;
  virtual bool has_user(const std::string& name) const = 0;
  virtual bool exists(const std::string& path) const = 0;
  virtual Ran run(const Command& command) = 0;
};

/// `jwtauthctl` among its commands is this very program.
class PosixHost final : public Host {
 public:
  bool is_root() const override;
  bool has_user(const std::string& name) const override;
  bool exists(const std::string& path) const override;
  Ran run(const Command& command) override;
};

}  // namespace jwtauthd
