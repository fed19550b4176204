// Requests as text: `METHOD path?query`, then `name: value` lines, an empty line and a body. The names are
// those of the parameters that nginx hands on, in lower case.
#include <string>
#include <string_view>

#include "http/trace_context.h"
#include "router_house.h"
#include "target.h"

namespace {

struct Header {
  std::string_view name;
  std::string_view http::Request::*member;
};

constexpr Header headers[] = {
    {"accept", &http::Request::accept},
    {"authorization", &http::Request::authorization},
    {"content-type", &http::Request::content_type},
    {"cookie", &http::Request::cookie},
    {"csrf", &http::Request::csrf_token},
    {"host", &http::Request::host},
    {"origin", &http::Request::origin},
    {"fetch-site", &http::Request::fetch_site},
    {"if-none-match", &http::Request::if_none_match},
    {"user-agent", &http::Request::user_agent},
    {"traceparent", &http::Request::trace},
    {"remote-addr", &http::Request::client},  // what X-Forwarded-For becomes by nginx's real_ip_header
    {"rule", &http::Request::gateway_rule},
    {"method", &http::Request::gateway_method},
};

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void take_header(http::Request& request, std::string_view line) {
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return;
  for (const Header& header : headers) {
    if (header.name == line.substr(0, colon)) request.*header.member = line.substr(colon + 2);
  }
}

/// As daemon/received_request.cc takes it.
void take_trace(http::Request& request) {
  const auto context = http::read_traceparent(request.trace);
  if (context) {
    fuzz::require(context->trace.size() == 32 && context->parent.size() == 16, "a trace of another length");
  }
  request.trace = context ? context->trace : std::string_view();
  request.span = context ? context->parent : std::string_view();
}

void run(std::string_view input) {
  // A parameter of FastCGI ends at a NUL.
  if (input.substr(0, input.find("\n\n")).find('\0') != std::string_view::npos) return;
  http::Request request;
  std::string_view target = take_line(input);
  const auto space = target.find(' ');
  request.method = target.substr(0, space);
  target.remove_prefix(space == std::string_view::npos ? target.size() : space + 1);
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  while (!input.empty()) {
    const auto line = take_line(input);
    if (line.empty()) break;
    take_header(request, line);
  }
  take_trace(request);
  request.body = input;
  fuzz::answer(request);
}

const fuzz::Registered registered("router_headers", run);

}  // namespace
