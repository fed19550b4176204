#include "daemon/server.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "api/routes.h"
#include "util/log.h"

namespace jwtauthd {

using api::Lane;

namespace {

/// So long a statement does not keep the first of them waiting.
constexpr std::size_t kRefreshesAtOnce = 16;

std::string_view session_bytes(const http::Response& response) {
  const auto& id = response.session;
  if (id == decltype(response.session){}) return {};
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

}  // namespace

Server::Server(const ServerOptions& options, std::shared_ptr<api::App> app, util::Random& random)
    : max_body_bytes_(options.max_body_bytes),
      access_log_(options.access_log),
      reading_patience_(options.listener.write_timeout + std::chrono::seconds(30)),
      app_(std::move(app)),
      random_(random),
      database_("database", options.database_threads, options.database_queue, 1,
                [this](WorkLane::Requests r) { work(std::move(r.front()), Lane::database); }),
      refresh_("refresh", options.refresh_threads, options.refresh_queue, kRefreshesAtOnce,
               [this](WorkLane::Requests r) { work_together(r); }),
      password_("password", options.password_threads, options.password_queue, 1,
                [this](WorkLane::Requests r) { work(std::move(r.front()), Lane::password); }),
      listener_(options.listener, [this](std::unique_ptr<fastcgi::Call> call) { receive(std::move(call)); }) {
}

std::shared_ptr<api::App> Server::serve(std::shared_ptr<api::App> app) {
  app_.lock()->swap(app);
  return app;
}

bool Server::alive(std::chrono::milliseconds patience) noexcept {
  // Each is asked each time: what it has seen is compared with what it saw at the last call.
  bool all = listener_.alive(reading_patience_);
  for (WorkLane* lane : {&database_, &refresh_, &password_}) all = lane->alive(patience) && all;
  return all;
}

bool Server::stop(std::chrono::milliseconds grace) {
  listener_.stop_accepting();
  return listener_.drain(grace);
}

// Destroying a call unanswered closes its connection; nginx then says 502. That is the answer when there is
// no memory to give a better one.
void Server::receive(std::unique_ptr<fastcgi::Call> call) noexcept {
  try {
    auto received = std::make_unique<ReceivedRequest>(std::move(call), max_body_bytes_, random_);
    received->app = *app_.lock();
    const auto [lane, row] = received->app->place(received->request());
    received->count_as(row);
    if (lane == Lane::token) {
      work(std::move(received), lane);
    } else {
      hand_over(std::move(received), lane);
    }
  } catch (const std::exception& error) {
    util::log::failure(util::log::Level::error, "a request could not be read: ", error.what());
  }
}

void Server::work(std::unique_ptr<ReceivedRequest> received, Lane lane) noexcept {
  try {
    if (const auto response = received->app->handle(received->request(), lane)) {
      reply(*received, *response);
    } else if (lane == Lane::token) {
      hand_over(std::move(received), Lane::database);
    } else {
      util::log::error("a request had no answer on its lane");
    }
  } catch (const std::exception& error) {
    util::log::failure(util::log::Level::error, "a request could not be answered: ", error.what());
  }
}

void Server::work_together(WorkLane::Requests requests) noexcept {
  try {
    // After a reload, those of the old and those of the new one.
    while (!requests.empty()) {
      api::App& app = *requests.front()->app;
      const auto of_another = std::find_if(requests.begin(), requests.end(),
                                           [&](const auto& received) { return received->app.get() != &app; });
      const auto count = static_cast<std::size_t>(of_another - requests.begin());
      work_together(app, requests.first(count));
      requests = requests.subspan(count);
    }
  } catch (const std::exception& error) {
    util::log::failure(util::log::Level::error, "requests could not be answered: ", error.what());
  }
}

void Server::work_together(api::App& app, WorkLane::Requests requests) {
  std::vector<const http::Request*> read;
  for (const auto& received : requests) read.push_back(&received->request());
  app.handle_together(read, [&](std::size_t i, const http::Response& response) noexcept {
    try {
      reply(*requests[i], response);
    } catch (const std::exception& error) {
      util::log::failure(util::log::Level::error, "a request could not be answered: ", error.what());
    }
  });
}

Server::CountedLane Server::lane_of(Lane lane) noexcept {
  switch (lane) {
    case Lane::refresh:
      return {refresh_, metrics::Count::full_refresh};
    case Lane::password:
      return {password_, metrics::Count::full_password};
    default:
      return {database_, metrics::Count::full_database};
  }
}

Server::Load Server::load() const {
  return {listener_.counters(), database_.waiting(), refresh_.waiting(), password_.waiting()};
}

void Server::hand_over(std::unique_ptr<ReceivedRequest> received, Lane lane) {
  const auto chosen = lane_of(lane);
  if (chosen.lane.submit(received)) return;
  metrics::count(chosen.full);
  reply(*received, http::unavailable(1));
}

void Server::reply(ReceivedRequest& received, const http::Response& response) {
  const http::Request& request = received.request();
  // auth_request passes a body over, and nginx would write it to a file first (nginx/auth-gateway.conf).
  if (!request.gateway_method.empty() && !response.body.empty())
    return reply(received, http::without_body(response));
  thread_local std::string out;  // keeps its capacity from answer to answer
  out.clear();
  http::write(out, response, request.request_id, request.method == "HEAD");
  const auto took = std::chrono::steady_clock::now() - received.call().began();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  metrics::answered(received.row(), response.status, micros);
  if (access_log_) {  // before the answer: the views end with it
    util::log::access({.about = {request.request_id, request.trace, request.span},
                       .method = request.method,
                       .path = request.path,
                       .status = response.status,
                       .micros = micros,
                       .user_id = response.user_id,
                       .client = request.client,
                       .route = received.row() < api::routes().size() ? api::routes()[received.row()].path
                                                                      : std::string_view(),
                       .session = session_bytes(response)});
  }
  received.call().answer(out);
}

}  // namespace jwtauthd
