#include "config/server_address.h"

#include <charconv>

#include "config/formats.h"

namespace config {
namespace {

std::optional<unsigned> port_number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > 65535) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<ServerAddress> parse_server(std::string_view text) {
  if (text.starts_with('/')) {
    if (!is_path(text) || text.size() > 107) return std::nullopt;  // sun_path, unix(7)
    return ServerAddress{text, {}, std::nullopt};
  }
  ServerAddress server{{}, text, std::nullopt};
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    server.host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (rest.starts_with(':')) port = rest.substr(1);
    if (!port && !rest.empty()) return std::nullopt;
  } else if (const std::size_t colon = text.find(':'); colon == text.rfind(':') && colon < text.size()) {
    server.host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (server.host.empty() || !is_plain(server.host)) return std::nullopt;
  if (server.host.find_first_of("[]/") != std::string_view::npos) return std::nullopt;
  if (!port) return server;
  server.port = port_number(*port);
  if (!server.port) return std::nullopt;
  return server;
}

bool is_server(std::string_view text) {
  return parse_server(text).has_value();
}

}  // namespace config
