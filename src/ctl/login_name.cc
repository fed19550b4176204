#include "ctl/login_name.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace jwtauthd {

std::string login_name() {
  for (const char* variable : {"LOGNAME", "USER", "LNAME", "USERNAME"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : "";
}

}  // namespace jwtauthd
