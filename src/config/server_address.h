// Where a database listens, as database.hosts and database.replicas write it.
#pragma once

#include <optional>
#include <string_view>

namespace config {

inline constexpr std::string_view kServerAllowed =
    "\"HOST\", \"HOST:PORT\", \"[IPv6]:PORT\" or the absolute path of a socket";

struct ServerAddress {
  std::string_view socket;
  std::string_view host;  // where there is no socket
  std::optional<unsigned> port;
};

/// Views into `text`.
std::optional<ServerAddress> parse_server(std::string_view text);
bool is_server(std::string_view text);

}  // namespace config
