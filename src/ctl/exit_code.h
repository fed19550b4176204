// How jwtauthctl ends; its help and manual page list these.
#pragma once

namespace jwtauthd {

enum class ExitCode : int {
  ok = 0,
  refused = 1,        // asked for what cannot be, or a person said no
  usage = 2,          // the command line is wrong
  unavailable = 3,    // the database cannot be reached, or broke off
  degraded = 1,       // of `status`: something is wrong
  down = 2,           // of `status`: the service does not do its work
  configuration = 4,  // the configuration cannot be used
};

}  // namespace jwtauthd
