// Completion for bash, written from the command line that the program itself parses.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace jwtauthd {

/// A script for /usr/share/bash-completion/completions.
std::string bash_completion(const CLI::App& app);

}  // namespace jwtauthd
