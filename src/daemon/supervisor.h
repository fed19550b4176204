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

/// Also that a reload is over.
void tell_ready();
/// One line for `systemctl status`.
void tell_status(const std::string& text);
void tell_reloading();
void tell_stopping();
void tell_alive();
/// How often tell_alive() is due, or nothing: a quarter of WatchdogSec=, so that one
/// look which finds everybody busy ends nothing.
std::optional<std::chrono::milliseconds> watchdog_interval();
/// Standard error goes to the journal (JOURNAL_STREAM).
bool logs_to_journal();

}  // namespace jwtauthd::supervisor
