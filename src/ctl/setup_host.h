// The machine that jwtauthctl runs on.
#pragma once

#include "ctl/setup.h"

namespace jwtauthd {

/// `jwtauthctl` among its commands is this very program.
class PosixHost final : public Host {
 public:
  bool is_root() const override;
  bool has_user(const std::string& name) const override;
  bool exists(const std::string& path) const override;
  Ran run(const Command& command) override;
};

}  // namespace jwtauthd
