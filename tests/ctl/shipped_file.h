// A file of the source tree, whole.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace ctl_test {

inline std::string shipped_file(const std::string& path) {
  const char* source = std::getenv("JWTAUTHD_SRCDIR");
  const std::string whole = std::string(source != nullptr ? source : ".") + "/" + path;
  std::ifstream file(whole, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + whole);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace ctl_test
