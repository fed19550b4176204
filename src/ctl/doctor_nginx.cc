// What nginx does in front of the workers, read from its configuration as text. Each rule looks at one
// fault; a location is taken to be ours when it hands requests to an upstream that speaks of jwtauthd.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "ctl/doctor.h"
#include "ctl/nginx_file.h"
#include "ctl/user_text.h"

namespace jwtauthd::doctor {
namespace {

using Block = const NginxDirective*;

struct Upstream {
  std::string name;
  Block block;
};

/// From the outside to the inside, a location at the end.
using Way = std::vector<Block>;

struct Site {
  const NginxText& text;
  std::vector<Upstream> upstreams;  // ours
  std::vector<Way> locations;       // that hand requests to them
  std::vector<Way> servers;
};

bool mentions_us(const NginxDirective& directive) {
  if (directive.name.find("jwtauthd") != std::string::npos) return true;
  return std::any_of(directive.arguments.begin(), directive.arguments.end(),
                     [](const std::string& word) { return word.find("jwtauthd") != std::string::npos; });
}

Block own(Block block, std::string_view name) {
  const auto found = std::find_if(block->inside.rbegin(), block->inside.rend(),
                                  [&](const NginxDirective& one) { return one.name == name; });
  return found == block->inside.rend() ? nullptr : &*found;
}

/// A directive of the innermost block that has one: nginx inherits it inwards.
Block effective(const Way& way, std::string_view name) {
  for (auto block = way.rbegin(); block != way.rend(); ++block) {
    if (const Block found = own(*block, name)) return found;
  }
  return nullptr;
}

std::string first_argument(Block directive) {
  return directive == nullptr || directive->arguments.empty() ? std::string() : directive->arguments.front();
}

void collect_upstreams(Block block, std::vector<Upstream>& found) {
  for (const auto& inner : block->inside) {
    if (inner.name == "upstream") {
      const bool ours =
          mentions_us(inner) || std::any_of(inner.inside.begin(), inner.inside.end(), mentions_us);
      if (ours) found.push_back({first_argument(&inner), &inner});
    } else if (inner.block) {
      collect_upstreams(&inner, found);
    }
  }
}

bool is_ours(const std::string& target, const Site& site) {
  if (target.find("jwtauthd") != std::string::npos) return true;
  return std::any_of(site.upstreams.begin(), site.upstreams.end(),
                     [&](const Upstream& upstream) { return upstream.name == target; });
}

void collect_locations(const Way& way, Site& site) {
  const Block here = way.back();
  if (const Block pass = own(here, "fastcgi_pass"); pass != nullptr && is_ours(first_argument(pass), site)) {
    site.locations.push_back(way);
  }
  for (const auto& inner : here->inside) {
    if (!inner.block || inner.name == "upstream") continue;
    Way further = way;
    further.push_back(&inner);
    if (inner.name == "server") site.servers.push_back(further);
    collect_locations(further, site);
  }
}

std::string shown(const Way& way) {
  const Block last = way.back();
  std::string text = last->name.empty() ? std::string("the files' top") : last->name;
  for (const auto& word : last->arguments) text += " " + word;
  return printable(text + (last->name.empty() ? "" : " (" + last->place() + ")"));
}

/// "64k" → 65536.
std::optional<std::int64_t> size_of(const std::string& text) {
  std::int64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || size < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty()) return size;
  if (unit == "k" || unit == "K") return size << 10;
  if (unit == "m" || unit == "M") return size << 20;
  if (unit == "g" || unit == "G") return size << 30;
  return std::nullopt;
}

/// Names places where one thing is wrong, once: every location includes the same snippet.
std::string listed(const std::vector<std::string>& places) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, places.size()); ++i) text += (i == 0 ? "" : ", ") + places[i];
  return places.size() > kShown ? text + ", and " + std::to_string(places.size() - kShown) + " more" : text;
}

template <typename Wrong>
std::vector<std::string> where(const Site& site, Wrong&& wrong) {
  std::vector<std::string> places;
  for (const Way& way : site.locations) {
    if (wrong(way)) places.push_back(shown(way));
  }
  return places;
}

void max_fails(const Site& site, Report& report) {
  std::vector<std::string> places;
  for (const auto& upstream : site.upstreams) {
    for (const auto& server : upstream.block->inside) {
      if (server.name != "server") continue;
      if (std::find(server.arguments.begin(), server.arguments.end(), "max_fails=0") !=
          server.arguments.end()) {
        continue;
      }
      places.push_back(printable(first_argument(&server) + " (" + server.place() + ")"));
    }
  }
  if (places.empty()) return;
  report.problem("max_fails=0 is missing at " + listed(places) +
                     ": one worker's crash makes nginx answer 502 to everybody for ten seconds.",
                 "server unix:…/fcgi.sock max_fails=0;");
}

void keepalive(const Site& site, Report& report) {
  std::vector<std::string> places;
  for (const auto& upstream : site.upstreams) {
    if (own(upstream.block, "keepalive") == nullptr) places.push_back(shown({upstream.block}));
  }
  if (places.empty()) return;
  report.warning(
      "keepalive is missing in " + listed(places) + ": each request opens a connection of its own.",
      "keepalive 256; in the upstream, behind its servers.");
}

void keep_conn(const Site& site, Report& report) {
  const auto places =
      where(site, [](const Way& way) { return first_argument(effective(way, "fastcgi_keep_conn")) != "on"; });
  if (places.empty()) return;
  report.warning(
      "fastcgi_keep_conn is not on in " + listed(places) + ": each request opens a connection of its own.",
      "fastcgi_keep_conn on; (jwtauthd-fastcgi.conf has it)");
}

void body_on_disk(const Site& site, Report& report) {
  const auto places = where(site, [](const Way& way) {
    if (first_argument(effective(way, "fastcgi_pass_request_body")) == "off") return false;  // the gateway's
    const Block most = effective(way, "client_max_body_size");
    const Block buffer = effective(way, "client_body_buffer_size");
    // nginx's defaults: 1m, and 16k on 64-bit machines. A most of 0 is no limit at all.
    const auto allowed =
        most == nullptr ? std::optional<std::int64_t>(1 << 20) : size_of(first_argument(most));
    const auto held =
        buffer == nullptr ? std::optional<std::int64_t>(16 << 10) : size_of(first_argument(buffer));
    return allowed && held && (*allowed == 0 || *allowed > *held);
  });
  if (places.empty()) return;
  report.problem("client_max_body_size is over client_body_buffer_size in " + listed(places) +
                     ": longer bodies, passwords in them, are written to a file on the disk.",
                 "client_max_body_size 64k; client_body_buffer_size 64k; (jwtauthd-fastcgi.conf has both)");
}

/// The location of this block that nginx takes for `path`, patterns apart; null: none.
Block location_for(Block block, std::string_view path) {
  Block best = nullptr;
  std::size_t length = 0;
  for (const auto& location : block->inside) {
    if (location.name != "location" || location.arguments.empty()) continue;
    const bool modified = location.arguments.size() == 2;
    const std::string& modifier = location.arguments.front();
    const std::string& prefix = location.arguments.back();
    if (modified && modifier == "=" && prefix == path) return &location;
    if (modified && modifier != "^~") continue;
    if (path.starts_with(prefix) && (best == nullptr || prefix.size() > length)) {
      best = &location;
      length = prefix.size();
    }
  }
  return best;
}

/// Where a password is looked at.
constexpr std::array<std::string_view, 6> kLogins{"/api/login/",           "/api/login",
                                                  "/api/token/",           "/api/token",
                                                  "/api/password/change/", "/api/password/change"};

/// A path of the site's own that nginx turns into a login; empty: none.
std::string rewritten_login(Block location) {
  for (const auto& inner : location->inside) {
    if (inner.name != "rewrite" || inner.arguments.size() < 2) continue;
    const std::string& to = inner.arguments[1];
    const auto path = std::string_view(to).substr(0, to.find('?'));
    if (std::find(kLogins.begin(), kLogins.end(), path) != kLogins.end()) return inner.arguments[0];
  }
  return {};
}

void limited_logins(const Site& site, Report& report) {
  std::vector<Way> servers = site.servers;
  servers.push_back({&site.text.root});  // snippets on their own
  std::vector<std::string> places;
  for (const Way& server : servers) {
    for (const std::string_view path : kLogins) {
      const Block location = location_for(server.back(), path);
      if (location == nullptr) continue;
      Way way = server;
      way.push_back(location);
      if (!is_ours(first_argument(own(location, "fastcgi_pass")), site)) continue;
      if (effective(way, "limit_req") == nullptr) {
        places.push_back(std::string(path) + " in " + shown(way));
      }
    }
  }
  for (const Way& way : site.locations) {
    const std::string from = rewritten_login(way.back());
    if (!from.empty() && effective(way, "limit_req") == nullptr) {
      places.push_back(printable(from) + " in " + shown(way));
    }
  }
  if (places.empty()) return;
  report.problem(
      "limit_req is missing for " + listed(places) + ": one address may guess passwords as fast as it likes.",
      "limit_req zone=jwtauthd_login burst=20 nodelay; (jwtauthd-locations.conf has it)");
}

/// A fault each. Without one, a rule says nothing.
constexpr std::array<void (*)(const Site&, Report&), 5> kRules{max_fails, keepalive, keep_conn, body_on_disk,
                                                               limited_logins};

}  // namespace

void check_nginx(Patient& patient, Report& report) {
  const auto text = read_nginx(patient.nginx_files);
  if (!text) {
    return report.problem("nginx's configuration: " + printable(text.error().message) + ".",
                          "Name files that can be read; `nginx -t` says whether nginx takes them.");
  }
  const std::size_t before = report.findings().size();
  if (!text->missing.empty()) {
    std::vector<std::string> missing;
    for (const auto& one : text->missing) missing.push_back(printable(one));
    report.note("Not looked at, because it was not found: " + listed(missing) + ".",
                "Name these files, too, or the output of `nginx -T`.");
  }
  Site site{*text, {}, {}, {}};
  collect_upstreams(&text->root, site.upstreams);
  collect_locations({&text->root}, site);
  if (site.upstreams.empty() && site.locations.empty()) {
    return report.warning("Nothing in these files hands requests to jwtauthd.",
                          "Name the files of the site, or the output of `nginx -T`.");
  }
  for (const auto rule : kRules) rule(site, report);
  if (report.findings().size() == before) {
    report.ok("nginx: " + counted(static_cast<std::int64_t>(site.locations.size()), "location") + " and " +
              counted(static_cast<std::int64_t>(site.upstreams.size()), "upstream") + " are in order.");
  }
}

}  // namespace jwtauthd::doctor
