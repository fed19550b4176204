// Terminal over three file descriptors, with termios(3).
#pragma once

#include "ctl/terminal.h"

namespace jwtauthd {

class PosixTerminal final : public Terminal {
 public:
  PosixTerminal(int in = 0, int out = 1, int err = 2) : in_(in), out_(out), err_(err) {}

  bool interactive() const override;
  void out(std::string_view line) override;
  void err(std::string_view line) override;
  void progress(std::string_view line) override;
  std::optional<std::string> ask(std::string_view prompt) override;
  /// Turns the echo off and, whatever happens, on again: a signal that arrives meanwhile takes effect
  /// after that, and a stopped program asks again when it is continued. Not thread-safe. From a pipe,
  /// reads a line and prompts for nothing.
  std::optional<util::Secret> ask_hidden(std::string_view prompt) override;

  /// False once something could not be written: the disk is full, or the reader went away.
  bool wrote_everything() const noexcept { return wrote_everything_; }
  bool heard() const override { return wrote_everything_; }

 private:
  void write(int fd, std::string_view text);

  int in_;
  int out_;
  int err_;
  bool wrote_everything_ = true;
};

}  // namespace jwtauthd
