// The other side of systemd: sockets that it opened for us, and what it wants to hear (sd_notify(3)).
// Without systemd all of it does nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace jwtauthd::supervisor {

/// The socket that was passed (LISTEN_FDS), with close-on-exec set. Throws std::runtime_error when it is not
/// one listening stream socket.
std::optional<int> inherited_socket();

void tell_ready();
void tell_stopping();
void tell_alive();
/// One line of how it goes, for `systemctl status`.
void tell_status(const std::string& text);
/// How often tell_alive() is due, or nothing: half of WatchdogSec=.
std::optional<std::chrono::milliseconds> watchdog_interval();
/// Standard error goes to the journal (JOURNAL_STREAM).
bool logs_to_journal();

}  // namespace jwtauthd::supervisor
