// nginx configuration as text: words, blocks, includes. Nothing is known of what a directive means.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "util/error.h"

namespace jwtauthd {

struct NginxDirective {
  std::string name;
  std::vector<std::string> arguments;
  std::string file;
  unsigned line = 0;
  bool block = false;
  std::vector<NginxDirective> inside;  // of a block

  /// "FILE:LINE".
  std::string place() const { return file + ":" + std::to_string(line); }
};

struct NginxText {
  /// A block without a name that holds what all files hold, includes in their places. A given file that
  /// another one includes is not there twice.
  NginxDirective root;
  /// "FILE:LINE: include …", for what was not to be found.
  std::vector<std::string> missing;
};

/// One text. `file` is for places. The error says what is wrong where. What `nginx -T` prints is several
/// texts: each comes as the block `configuration-file` with its path as argument.
util::Result<std::vector<NginxDirective>> parse_nginx(std::string_view text, const std::string& file);

/// Reads the files and what they include: by the path itself, or below the file's directory or one above
/// it, because nginx counts from its own prefix; else
/// a given file of that name. Patterns, too. Includes go eight deep.
util::Result<NginxText> read_nginx(const std::vector<std::string>& files);

}  // namespace jwtauthd
