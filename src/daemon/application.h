// The whole service, built from a configuration: the only place that constructs things.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"

namespace jwtauthd {

class Application {
 public:
  /// Opens keys, lists and the listening socket. Throws std::runtime_error or util::Outage with one
  /// sentence for the operator when the service cannot run so. A database that is away is no reason.
  explicit Application(config::Config configuration);
  ~Application();

  void start();
  /// No new requests; those under way are answered, for at most server.shutdown_grace. True: all were.
  bool stop();
  /// Looks at the directory of keys now; nothing else is read again. A failure is logged and changes nothing.
  void reload();
  /// For the watchdog: whether requests are still being taken up.
  bool alive() noexcept;

  /// One line for the log: what is served, and how.
  std::string summary() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace jwtauthd
