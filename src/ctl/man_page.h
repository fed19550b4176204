// Manual pages, written from what the program itself knows, so that they cannot say anything else.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace jwtauthd {

/// jwtauthctl(8), in man(7) markup.
std::string command_page(const CLI::App& app, std::string_view version);

/// jwtauthd.toml(5), from the commented example file.
std::string configuration_page(std::string_view example, std::string_view version);

}  // namespace jwtauthd
