#include "metrics/exposition.h"

namespace metrics {
namespace {

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out.append("# HELP ").append(name).append(" ");
  for (const char c : help) {
    if (c == '\\') out += '\\';
    out += c;
  }
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void sample(std::string& out, std::string_view name, std::string_view labels, std::string_view value) {
  out.append(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(value).append("\n");
}

const SpecialRow& special(std::string_view name) {
  return *std::find_if(specials().begin(), specials().end(),
                       [&](const auto& row) { return row.name == name; });
}

std::string labels_of(const RouteLabel& route) {
  return "method=\"" + std::string(route.method) + "\",route=\"" + std::string(route.path) + "\"";
}

const RouteLabel& label(std::span<const RouteLabel> routes, std::size_t row) {
  return row < routes.size() ? routes[row] : kOther;
}

void requests(std::string& out, const Values& all, std::span<const RouteLabel> routes) {
  head(out, kRequests, special(kRequests).help, "counter");
  for (std::size_t row = 0; row < kRoutes; ++row) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      const auto count = all.routes[row].statuses[i];
      if (count == 0) continue;
      const std::string status = kStatuses[i] != 0 ? std::to_string(kStatuses[i]) : "other";
      sample(out, kRequests, labels_of(label(routes, row)) + ",status=\"" + status + "\"",
             std::to_string(count));
    }
  }
}

void durations(std::string& out, const Values& all, std::span<const RouteLabel> routes) {
  head(out, kDuration, special(kDuration).help, "histogram");
  const std::string name(kDuration);
  for (std::size_t row = 0; row < kRoutes; ++row) {
    const Values::Route& route = all.routes[row];
    const std::uint64_t total = route.requests();
    if (total == 0) continue;
    const std::string labels = labels_of(label(routes, row));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      below += route.buckets[i];
      const std::string bound = i < kBounds.size() ? seconds_text(kBounds[i]) : "+Inf";
      sample(out, name + "_bucket", labels + ",le=\"" + bound + "\"", std::to_string(below));
    }
    sample(out, name + "_sum", labels, seconds_text(route.micros));
    sample(out, name + "_count", labels, std::to_string(total));
  }
}

void workers(std::string& out, const Reading& reading) {
  head(out, kWorkers, special(kWorkers).help, "gauge");
  sample(out, kWorkers, "", std::to_string(reading.workers.size()));
  head(out, kStart, special(kStart).help, "gauge");
  for (const auto& [place, worker] : reading.workers) {
    sample(out, kStart, "worker=\"" + std::to_string(place) + "\"", std::to_string(worker.started));
  }
}

}  // namespace

std::string exposition(const Reading& reading, std::span<const RouteLabel> routes, std::string_view version) {
  std::string out;
  out.reserve(std::size_t{32} << 10);
  requests(out, *reading.all, routes);
  durations(out, *reading.all, routes);
  workers(out, reading);
  head(out, kBuild, special(kBuild).help, "gauge");
  sample(out, kBuild, "version=\"" + std::string(version) + "\"", "1");
  std::string_view last;
  for (const auto& row : counts()) {
    if (row.name != last) head(out, row.name, row.help, "counter");
    last = row.name;
    sample(out, row.name, row.label, std::to_string(reading.all->of(row.count)));
  }
  for (const auto& row : levels()) {
    if (row.name != last) head(out, row.name, row.help, "gauge");
    last = row.name;
    const auto value = reading.all->of(row.level);
    sample(out, row.name, row.label,
           row.merge == Merge::age ? seconds_text(value * 1000) : std::to_string(value));
  }
  return out;
}

}  // namespace metrics
