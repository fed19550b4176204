#include "api/router.h"

#include <algorithm>

#include "http/percent.h"

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

Router::Router(std::span<const Route> rows, const ApiOptions& options) {
  for (const Route& row : rows) {
    if (!row.enabled(options)) continue;
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
    if (const auto open = path.find('{'); open != std::string_view::npos) {
      resource.has_parameter = true;
      patterns_.push_back({path.substr(0, open), path.substr(path.find('}') + 1), &resource});
    } else if (path.ends_with('/')) {
      without_slash_.emplace(path.substr(0, path.size() - 1), &resource);
    }
  }
}

Router::Match Router::match(std::string_view path) const noexcept {
  if (const auto exact = by_path_.find(path); exact != by_path_.end() && !exact->second.has_parameter) {
    return {&exact->second, false};
  }
  if (const auto bare = without_slash_.find(path); bare != without_slash_.end()) return {bare->second, true};
  for (const Pattern& pattern : patterns_) {
    if (!path.starts_with(pattern.before)) continue;
    std::string_view rest = path.substr(pattern.before.size());
    const auto end = std::find_if_not(rest.begin(), rest.end(), http::is_unreserved);
    const std::string_view parameter = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    if (parameter.empty()) continue;
    rest.remove_prefix(parameter.size());
    if (rest == pattern.behind) return {pattern.resource, false, parameter};
    if (pattern.behind.ends_with('/') && rest == pattern.behind.substr(0, pattern.behind.size() - 1)) {
      return {pattern.resource, true, parameter};
    }
  }
  return {};
}

}  // namespace api
