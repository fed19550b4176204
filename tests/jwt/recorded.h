// Tokens that PyJWT signed: tests/jwt/data/pyjwt.json.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "json/parse.h"
#include "json/value.h"

namespace jwt_test {

inline json::Value recorded() {
  const char* source = std::getenv("JWTAUTHD_SRCDIR");
  const std::string path = std::string(source != nullptr ? source : ".") + "/tests/jwt/data/pyjwt.json";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  auto value = json::parse(text.str());
  if (!value) throw std::runtime_error(path + ": " + value.error().message);
  return *value;
}

/// A text member of an object.
inline std::string text(const json::Value& object, const char* name) {
  return std::string(object.get(name).value().as_string());
}

}  // namespace jwt_test
