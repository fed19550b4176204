// jwtauthctl compare: asks two servers the same things, and tells what they answer differently.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "ctl/comparison.h"
#include "ctl/exit_code.h"
#include "ctl/terminal.h"

namespace jwtauthd {

struct CompareOptions {
  std::string reference;
  std::string candidate;
  std::string host;                                       // what both are told to be; empty: their addresses
  std::string only;                                       // requests whose name contains this
  std::map<std::string, std::string, std::less<>> paths;  // where the reference has a resource
  std::chrono::milliseconds timeout{10000};
  bool json = false;
};

using Sleep = std::function<void(std::chrono::seconds)>;

/// `sleep`: how a server's Retry-After is waited for.
ExitCode compare(const CompareOptions& options, const Sleep& sleep, Terminal& terminal);

}  // namespace jwtauthd
