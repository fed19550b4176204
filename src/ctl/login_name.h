// Who runs this program, for defaults.
#pragma once

#include <string>

namespace jwtauthd {

/// LOGNAME, USER, LNAME or USERNAME of the environment, else the name in passwd(5); empty when there is
/// none: what Python's getpass.getuser() answers.
std::string login_name();

}  // namespace jwtauthd
