// The request path, one way: match → accept → authenticate → method → handler. The only try/catch.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "api/route.h"
#include "api/router.h"
#include "api/services.h"
#include "http/request.h"
#include "http/response.h"

namespace api {

class App {
 public:
  explicit App(Services& services);

  /// Where a request runs, and the row of the table of routes as which it is counted: routes().size() where
  /// there is none.
  struct Place {
    Lane lane = Lane::token;
    std::size_t row;
  };
  /// Cheap, no allocation. Anything that is answered without a handler (404, 405, 301, 406 …) is Lane::token.
  Place place(const http::Request& request) const noexcept;
  Lane lane(const http::Request& request) const noexcept { return place(request).lane; }

  /// The answer; throws nothing but std::bad_alloc. Nothing: on the token lane, when the answer needs the
  /// database (a user whom this worker does not know yet): call again on the database lane.
  std::optional<http::Response> handle(const http::Request& request, Lane on) {
    return handle(request, on, nullptr);
  }
  /// Those of Lane::refresh, each as by itself, with one statement for all of them. `reply` gets each
  /// request's index and its answer as soon as it is there; it must not throw.
  using Reply = std::function<void(std::size_t, const http::Response&)>;
  void handle_together(std::span<const http::Request* const> requests, const Reply& reply);

 private:
  std::optional<http::Response> handle(const http::Request& request, Lane on, JointRefresh* joint);
  std::optional<http::Response> dispatch(const http::Request& request, Lane on, JointRefresh* joint);
  std::optional<http::Response> answer(const Router::Match& match, const http::Request& request, Lane on,
                                       JointRefresh* joint, bool& by_cookie);

  Services& services_;
  Router router_;
};

}  // namespace api
