#include "api/router.h"

#include <algorithm>

namespace api {
namespace {

std::string allow_header(const std::vector<const Route*>& rows) {
  // DRF names the methods in the order of Django's View.http_method_names.
  static constexpr std::string_view order[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  std::string allow;
  bool has_get = false;
  for (const auto method : order) {
    if (std::none_of(rows.begin(), rows.end(), [&](const Route* r) { return r->method == method; })) continue;
    has_get = has_get || method == "GET";
    allow.append(method).append(", ");
  }
  return allow + (has_get ? "HEAD, OPTIONS" : "OPTIONS");
}

}  // namespace

const Route* Resource::row(std::string_view method) const noexcept {
  if (method == "HEAD") method = "GET";
  for (const Route* route : rows) {
    if (route->method == method) return route;
  }
  return nullptr;
}

Router::Router(std::span<const Route> rows) {
  for (const Route& row : rows) {
    auto [place, is_new] = by_path_.try_emplace(row.path);
    Resource& resource = place->second;
    resource.path = row.path;
    resource.kind = row.kind;
    resource.rows.push_back(&row);
    if (row.access == Access::bearer) resource.access = Access::bearer;
    if (is_new) ordered_.push_back(&resource);  // stable: unordered_map never moves its nodes
  }
  for (auto& [path, resource] : by_path_) {
    resource.allow = allow_header(resource.rows);
    if (path.ends_with('/')) without_slash_.emplace(path.substr(0, path.size() - 1), &resource);
  }
}

Router::Match Router::match(std::string_view path) const noexcept {
  if (const auto exact = by_path_.find(path); exact != by_path_.end()) return {&exact->second, false};
  if (const auto bare = without_slash_.find(path); bare != without_slash_.end()) return {bare->second, true};
  return {};
}

}  // namespace api
