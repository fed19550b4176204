// A FastCGI call read into the plain Request that handlers see.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "api/app.h"
#include "fastcgi/listener.h"
#include "http/request.h"
#include "util/random.h"

namespace jwtauthd {

/// The call, and the views into it. Neither copied nor moved: the views point into this object.
class ReceivedRequest {
 public:
  /// A REQUEST_ID that is not 8 to 64 characters of [A-Za-z0-9._-] is replaced by one of our own.
  ReceivedRequest(std::unique_ptr<fastcgi::Call> call, std::size_t max_body_bytes, util::Random& random);
  ~ReceivedRequest();
  ReceivedRequest(const ReceivedRequest&) = delete;
  ReceivedRequest& operator=(const ReceivedRequest&) = delete;

  const http::Request& request() const noexcept { return request_; }
  fastcgi::Call& call() noexcept { return *call_; }

  /// The row of the table of routes as which it is counted.
  std::size_t row() const noexcept { return row_; }
  void count_as(std::size_t row) noexcept { row_ = row; }

  /// Who answers it to the end, whatever is served meanwhile.
  std::shared_ptr<api::App> app;

 private:
  std::unique_ptr<fastcgi::Call> call_;
  std::string body_;
  std::string own_id_;
  http::Request request_;
  std::size_t row_ = 0;
};

}  // namespace jwtauthd
