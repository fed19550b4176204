// Django's flushexpiredtokens, in batches.
#pragma once

#include "ctl/exit_code.h"
#include "ctl/terminal.h"
#include "store/blacklist_store.h"
#include "util/clock.h"

namespace jwtauthd {

struct FlushOptions {
  unsigned batch = 1000;
  bool json = false;
};

/// Deletes the refresh tokens that ended by `ended` from the tables of Django's blacklist app.
ExitCode flush_expired_tokens(const FlushOptions& options, store::BlacklistStore& blacklist,
                              util::TimePoint ended, Terminal& terminal);

}  // namespace jwtauthd
