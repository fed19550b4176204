// jwtauthctl top: what the workers of this host do, from the scoreboard.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ctl/exit_code.h"
#include "ctl/rates.h"
#include "ctl/terminal.h"
#include "json/value.h"

namespace jwtauthd {

std::vector<std::string> top_screen(const Rates& rates);
json::Value top_json(const Rates& rates);

struct TopOptions {
  std::string scoreboard;
  double interval = 2;
  bool once = false;
  bool json = false;
  bool redraw = false;  // each screen in place of the last one
};
/// `wait` sleeps for so many seconds; false: it is over.
ExitCode watch(const TopOptions& options, const std::function<bool(double)>& wait, Terminal& terminal);

}  // namespace jwtauthd
