#include "daemon/received_request.h"

#include <algorithm>
#include <utility>

#include "http/trace_context.h"
#include "util/secret.h"

namespace jwtauthd {
namespace {

struct Parameter {
  std::string_view name;
  std::string_view http::Request::*member;
};

constexpr Parameter kParameters[] = {
    {"REQUEST_METHOD", &http::Request::method},
    {"DOCUMENT_URI", &http::Request::path},
    {"QUERY_STRING", &http::Request::query},
    {"CONTENT_TYPE", &http::Request::content_type},
    {"HTTP_AUTHORIZATION", &http::Request::authorization},
    {"HTTP_ACCEPT", &http::Request::accept},
    {"REQUEST_ID", &http::Request::request_id},
    {"REMOTE_ADDR", &http::Request::client},
    {"HTTP_USER_AGENT", &http::Request::user_agent},
    {"HTTP_COOKIE", &http::Request::cookie},
    {"HTTP_X_CSRF_TOKEN", &http::Request::csrf_token},
    {"HTTP_HOST", &http::Request::host},
    {"HTTP_ORIGIN", &http::Request::origin},
    {"HTTP_SEC_FETCH_SITE", &http::Request::fetch_site},
    {"HTTP_IF_NONE_MATCH", &http::Request::if_none_match},
    {"HTTP_TRACEPARENT", &http::Request::trace},
    // From nginx's configuration: what a client sends arrives as HTTP_*.
    {"JWTAUTHD_RULE", &http::Request::gateway_rule},
    {"JWTAUTHD_METHOD", &http::Request::gateway_method},
};

bool usable_id(std::string_view id) noexcept {
  return id.size() >= 8 && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                  c == '_' || c == '-';
         });
}

}  // namespace

ReceivedRequest::ReceivedRequest(std::unique_ptr<fastcgi::Call> call, std::size_t max_body_bytes,
                                 util::Random& random)
    : call_(std::move(call)) {
  call_->each_param([this](std::string_view name, std::string_view value) {
    for (const auto& parameter : kParameters) {
      if (parameter.name == name) {
        request_.*parameter.member = value;
        return;
      }
    }
  });
  const auto context = http::read_traceparent(request_.trace);
  request_.trace = context ? context->trace : std::string_view();
  request_.span = context ? context->parent : std::string_view();
  auto body = call_->read_body(max_body_bytes);
  body_ = std::move(body.bytes);
  request_.body = body_;
  request_.body_too_large = body.too_large;
  if (!usable_id(request_.request_id)) {
    own_id_ = random.hex(16);
    request_.request_id = own_id_;
  }
}

ReceivedRequest::~ReceivedRequest() {
  body_.resize(
      body_.capacity());  // it may hold a password, and one that was too large still has its beginning
  util::wipe(body_.data(), body_.size());
}

}  // namespace jwtauthd
