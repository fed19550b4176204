// jwtauthctl compare: the requests, which are the rows of one table, and what two answers to one of
// them differ in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/http_exchange.h"

namespace jwtauthd {

/// A difference that docs/compatibility.md lists. It is taken for that one only when the candidate
/// answered as written here; whatever else it answers is a difference like any other.
struct Deliberate {
  std::string_view reason;  // its name there; empty: there is none
  int status = 0;
  std::string_view body;  // somewhere in the body
  /// Those that go with it, between spaces; another header that differs is a difference like any other.
  std::string_view headers;
};

/// Writes nothing and touches no account: what would be a login or a registration cannot succeed.
struct ComparedRequest {
  std::string_view name;
  std::string_view method;
  std::string_view path;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
  Deliberate deliberate;
};

const std::vector<ComparedRequest>& compared_requests();

/// What a path is for, and a site may have elsewhere: the first word of a request's name.
std::string_view resource_of(const ComparedRequest& request);
struct Resource {
  std::string_view name;
  std::string_view path;
};
std::span<const Resource> resources();

enum class Verdict { same, deliberate, different };

struct Comparison {
  Verdict verdict = Verdict::same;
  std::vector<std::string> differences;  // a line each: what, the reference's, the candidate's
};

Comparison compare_answers(const ComparedRequest& request, const HttpAnswer& reference,
                           const HttpAnswer& candidate);

/// Headers that the candidate adds on purpose whatever is asked, with the reason.
struct AddedHeader {
  std::string_view name;
  std::string_view value;
  std::string_view reason;
};
std::span<const AddedHeader> added_headers();

}  // namespace jwtauthd
