// From a path to its resource: the rows that share the path.
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
  std::string_view path;
  std::vector<const Route*> rows;
  std::string allow;  // "POST, OPTIONS", in DRF's order
  Access access = Access::open;
  Kind kind = Kind::view;

  /// The row for the method (HEAD is answered by the GET row), or nullptr.
  const Route* row(std::string_view method) const noexcept;
};

class Router {
 public:
  explicit Router(std::span<const Route> rows);

  struct Match {
    const Resource* resource = nullptr;  // nullptr: 404
    bool slash_missing = false;          // the path lacks its trailing slash
  };
  /// Without allocation.
  Match match(std::string_view path) const noexcept;

  /// In order of the table.
  const std::vector<const Resource*>& resources() const noexcept { return ordered_; }

 private:
  std::unordered_map<std::string_view, Resource> by_path_;
  std::unordered_map<std::string_view, const Resource*> without_slash_;
  std::vector<const Resource*> ordered_;
};

}  // namespace api
