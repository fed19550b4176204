#include "ctl/rates.h"

#include <algorithm>

namespace jwtauthd {
namespace {

using Route = metrics::Values::Route;

std::uint64_t since(std::uint64_t before, std::uint64_t after) {
  return after >= before ? after - before : after;
}

Route since(const Route& before, const Route& after) {
  Route out;
  for (std::size_t i = 0; i < out.statuses.size(); ++i)
    out.statuses[i] = since(before.statuses[i], after.statuses[i]);
  for (std::size_t i = 0; i < out.buckets.size(); ++i)
    out.buckets[i] = since(before.buckets[i], after.buckets[i]);
  return out;
}

void add(const Route& from, Route& to) {
  for (std::size_t i = 0; i < to.statuses.size(); ++i) to.statuses[i] += from.statuses[i];
  for (std::size_t i = 0; i < to.buckets.size(); ++i) to.buckets[i] += from.buckets[i];
}

Traffic traffic(const Route& route, double seconds) {
  Traffic out;
  out.requests = static_cast<double>(route.requests()) / seconds;
  for (std::size_t i = 0; i < route.statuses.size(); ++i) {
    const double rate = static_cast<double>(route.statuses[i]) / seconds;
    if (metrics::kStatuses[i] / 100 == 4) out.refused += rate;
    if (metrics::kStatuses[i] / 100 == 5) out.failed += rate;
  }
  out.latency = {quantile(route.buckets, 0.5), quantile(route.buckets, 0.99)};
  return out;
}

std::vector<WorkerTraffic> workers(const metrics::Reading& before, const metrics::Reading& after,
                                   double seconds) {
  std::vector<WorkerTraffic> out;
  for (const auto& [place, worker] : after.workers) {
    const auto earlier = std::find_if(before.workers.begin(), before.workers.end(),
                                      [place = place](const auto& w) { return w.first == place; });
    // A place that was empty has the count of who was there before.
    const std::uint64_t requests = (earlier != before.workers.end() ? earlier->second : worker).requests();
    out.push_back({place, worker.pid, worker.started,
                   after.moment > worker.seen ? after.moment - worker.seen : 0,
                   worker.of(metrics::Level::requests_in_progress),
                   static_cast<double>(since(requests, worker.requests())) / seconds});
  }
  return out;
}

}  // namespace

Rates rates_between(const metrics::Reading& before, const metrics::Reading& after,
                    std::span<const metrics::RouteLabel> routes) {
  Rates out;
  out.seconds = std::max(0.001, static_cast<double>(after.moment - before.moment) / 1000);
  out.now = *after.all;
  Route all;
  for (std::size_t i = 0; i < metrics::kRoutes; ++i) {
    const Route route = since(before.all->routes[i], after.all->routes[i]);
    if (route.requests() == 0) continue;
    add(route, all);
    const auto& label = i < routes.size() ? routes[i] : metrics::kOther;
    const std::string name = i < routes.size() ? std::string(label.method).append(" ").append(label.path)
                                               : std::string(label.path);
    out.routes.push_back({name, traffic(route, out.seconds)});
  }
  std::stable_sort(out.routes.begin(), out.routes.end(),
                   [](const auto& a, const auto& b) { return a.traffic.requests > b.traffic.requests; });
  out.all = traffic(all, out.seconds);
  for (std::size_t i = 0; i < metrics::kCounts; ++i) {
    out.counts[i] = static_cast<double>(since(before.all->counts[i], after.all->counts[i])) / out.seconds;
  }
  out.workers = workers(before, after, out.seconds);
  return out;
}

std::optional<double> quantile(std::span<const std::uint64_t, metrics::kBuckets> buckets, double share) {
  std::uint64_t total = 0;
  for (const auto bucket : buckets) total += bucket;
  if (total == 0) return std::nullopt;
  const double rank = share * static_cast<double>(total);
  double below = 0;
  for (std::size_t i = 0; i < metrics::kBounds.size(); ++i) {
    const auto here = static_cast<double>(buckets[i]);
    if (here > 0 && below + here >= rank) {
      const double lower = i == 0 ? 0 : metrics::kBounds[i - 1];
      const double within = std::max(0.0, rank - below) / here;
      return (lower + within * (metrics::kBounds[i] - lower)) / 1e6;
    }
    below += here;
  }
  return metrics::kBounds.back() / 1e6;  // at least
}

}  // namespace jwtauthd
