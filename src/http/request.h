// What a handler sees of a request. Plain views into memory that the FastCGI call owns and that
// outlives the handler; no copy is made of a header.
#pragma once

#include <string_view>

namespace http {

struct Request {
  std::string_view method;          // REQUEST_METHOD, as sent
  std::string_view path;            // percent-decoded, without the query: DOCUMENT_URI
  std::string_view query;           // QUERY_STRING, raw
  std::string_view content_type;    // CONTENT_TYPE, as sent; may be empty
  std::string_view authorization;   // HTTP_AUTHORIZATION; empty when absent
  std::string_view accept;          // HTTP_ACCEPT; empty when absent
  std::string_view request_id;      // REQUEST_ID from nginx, checked, or our own
  std::string_view client;          // REMOTE_ADDR
  std::string_view user_agent;      // HTTP_USER_AGENT, as sent; may be empty
  std::string_view cookie;          // HTTP_COOKIE; http/cookie.h reads it
  std::string_view csrf_token;      // HTTP_X_CSRF_TOKEN; empty when absent
  std::string_view host;            // HTTP_HOST
  std::string_view origin;          // HTTP_ORIGIN; empty when absent
  std::string_view fetch_site;      // HTTP_SEC_FETCH_SITE; empty when absent
  std::string_view if_none_match;   // HTTP_IF_NONE_MATCH; empty when absent
  std::string_view trace;           // of HTTP_TRACEPARENT, checked; empty: none
  std::string_view span;            // the same
  std::string_view gateway_rule;    // JWTAUTHD_RULE: a location's word about who may pass it
  std::string_view gateway_method;  // JWTAUTHD_METHOD: of the request that wants to; else empty
  std::string_view body;            // whole; at most server.max_body_bytes
  bool body_too_large = false;      // the body was over the limit and was not kept
};

}  // namespace http
