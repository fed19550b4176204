// From a path to its resource: the enabled rows that share the path.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/route.h"

namespace api {

/// The rows of one path.
struct Resource {
  std::string_view path;  // as in the table
  std::vector<const Route*> rows;
  std::string allow;  // "POST, OPTIONS", in DRF's order
  Access access = Access::open;
  Kind kind = Kind::view;
  bool has_parameter = false;

  /// The row for the method (HEAD is answered by the GET row), or nullptr.
  const Route* row(std::string_view method) const noexcept;
};

class Router {
 public:
  Router(std::span<const Route> rows, const ApiOptions& options);

  struct Match {
    const Resource* resource = nullptr;  // nullptr: 404
    bool slash_missing = false;          // the path lacks its trailing slash
    std::string_view parameter = {};     // a view into the path
  };
  /// Without allocation. A parameter is one segment of unreserved characters (RFC 3986 section 2.3): what
  /// needs an escape names nothing of ours.
  Match match(std::string_view path) const noexcept;

  /// In order of the table.
  const std::vector<const Resource*>& resources() const noexcept { return ordered_; }

 private:
  /// A path such as /api/sessions/{id}/
  struct Pattern {
    std::string_view before;
    std::string_view behind;
    const Resource* resource;
  };

  std::unordered_map<std::string_view, Resource> by_path_;
  std::vector<Pattern> patterns_;
  std::unordered_map<std::string_view, const Resource*> without_slash_;
  std::vector<const Resource*> ordered_;
};

}  // namespace api
