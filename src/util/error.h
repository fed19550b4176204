// How a failure travels. An outcome that a caller expects is a value: an enum, an optional, or a
// Result. What the outside broke (database away, disk full) is the one exception type, Outage.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace util {

/// A refusal that an operator or a log reads. `message` is one sentence without secrets; it is never
/// sent to a client.
struct Error {
  std::string message;
};

template <typename T, typename E = Error>
using Result = tl::expected<T, E>;

using tl::unexpected;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

/// Something outside the process failed. Thrown anywhere below, caught once in api::App::handle:
/// what() goes to the log with the request id, the client reads a fixed text with 503 and Retry-After.
class Outage : public std::runtime_error {
 public:
  explicit Outage(const std::string& internal, std::chrono::seconds retry_after = std::chrono::seconds(1))
      : std::runtime_error(internal), retry_after_(retry_after) {}
  std::chrono::seconds retry_after() const noexcept { return retry_after_; }

 private:
  std::chrono::seconds retry_after_;
};

}  // namespace util
