// Where a request came from, as sessions and audit keep it.
#pragma once

#include <string>

namespace store {

struct Origin {
  std::string address;     // REMOTE_ADDR, as nginx tells it
  std::string user_agent;  // as sent, of printable text, at most 255 characters
  std::string request_id;
  std::string client{};  // the service that asked, with its credentials (OAuth); empty: the user himself
};

}  // namespace store
