// The person or script at the other end of jwtauthctl.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "util/secret.h"

namespace jwtauthd {

class Terminal {
 public:
  virtual ~Terminal() = default;

  /// Somebody sits there who can answer.
  virtual bool interactive() const = 0;
  /// One line to standard output or standard error; the newline is added.
  virtual void out(std::string_view line) = 0;
  virtual void err(std::string_view line) = 0;
  /// False: nobody reads what is written to standard output any more.
  virtual bool heard() const { return true; }
  /// What is under way, in place of what was said so last: seen on a terminal only. Empty: nothing more.
  virtual void progress(std::string_view) {}
  /// The next line of input without its end. Nothing at the end of input.
  virtual std::optional<std::string> ask(std::string_view prompt) = 0;
  /// The same, not shown while it is typed.
  virtual std::optional<util::Secret> ask_hidden(std::string_view prompt) = 0;
};

}  // namespace jwtauthd
