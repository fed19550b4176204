#include "metrics/exposition.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace {

constexpr metrics::RouteLabel kRoutes[] = {{"GET", "/a/"}, {"DELETE", "/b/{id}/"}};

std::string text_of(const metrics::Values& values, std::size_t workers = 0) {
  metrics::Reading reading{metrics::moment_now(), std::make_unique<metrics::Values>(values), {}};
  for (std::size_t i = 0; i < workers; ++i)
    reading.workers.emplace_back(static_cast<unsigned>(i + 1), values);
  return metrics::exposition(reading, kRoutes, "1.2.3");
}

bool has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// The format's grammar, and that every family is told of once, in one piece, with its help and type before
/// it.
void expect_well_formed(const std::string& text) {
  static const std::regex sample(
      R"re(([a-z_]+)(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? ([0-9]+(\.[0-9]+)?))re");
  static const std::regex comment(R"re(# (HELP|TYPE) ([a-z_]+) (.+))re");
  std::set<std::string> done;
  std::set<std::string> series;
  std::string family;
  std::string type;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (std::regex_match(line, parts, comment)) {
      if (parts[1] == "HELP") {
        family = parts[2];
        CPPUNIT_ASSERT_MESSAGE(line, done.insert(family).second);
        type.clear();
      } else {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(line, family, parts[2].str());
        type = parts[3];
        CPPUNIT_ASSERT_EQUAL_MESSAGE(line, type == "counter", family.ends_with("_total"));
      }
      continue;
    }
    CPPUNIT_ASSERT_MESSAGE(line, std::regex_match(line, parts, sample));
    CPPUNIT_ASSERT_MESSAGE(line, !type.empty());
    CPPUNIT_ASSERT_MESSAGE(line, series.insert(parts[1].str() + parts[2].str()).second);
    const std::string rest = parts[1].str().substr(std::min(family.size(), parts[1].str().size()));
    CPPUNIT_ASSERT_MESSAGE(line, parts[1].str().starts_with(family));
    CPPUNIT_ASSERT_MESSAGE(
        line, type == "histogram" ? rest == "_bucket" || rest == "_sum" || rest == "_count" : rest.empty());
  }
}

class ExpositionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ExpositionTest);
  CPPUNIT_TEST(is_well_formed);
  CPPUNIT_TEST(tells_requests_by_route_and_status);
  CPPUNIT_TEST(histogram_is_cumulative);
  CPPUNIT_TEST(ages_are_in_seconds);
  CPPUNIT_TEST(seconds_are_exact);
  CPPUNIT_TEST(reference_names_every_family_once);
  CPPUNIT_TEST_SUITE_END();

  static metrics::Values busy() {
    metrics::Values values;
    values.started = 1'700'000'000;
    values.routes[0].statuses[0] = 5;
    values.routes[0].statuses.back() = 1;
    values.routes[0].buckets = {1, 2, 0, 3};
    values.routes[0].micros = 1'250'000;
    values.routes[1].statuses[1] = 1;
    values.routes[1].buckets.back() = 1;
    values.routes[metrics::kRoutes - 1].statuses[0] = 9;
    values.routes[metrics::kRoutes - 1].buckets[0] = 9;
    values.counts.fill(4);
    values.levels.fill(1);
    return values;
  }

 public:
  void is_well_formed() {
    expect_well_formed(text_of({}));
    expect_well_formed(text_of(busy(), 2));
  }

  void tells_requests_by_route_and_status() {
    const std::string text = text_of(busy(), 2);
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_requests_total{method="GET",route="/a/",status="200"} 5)"));
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_requests_total{method="GET",route="/a/",status="other"} 1)"));
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_requests_total{method="DELETE",route="/b/{id}/",status="201"} 1)"));
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_requests_total{method="other",route="other",status="200"} 9)"));
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_logins_total{outcome="throttled"} 4)"));
    CPPUNIT_ASSERT(has(text, "jwtauthd_workers 2"));
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_worker_start_time_seconds{worker="2"} 1700000000)"));
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_build_info{version="1.2.3"} 1)"));
  }

  void histogram_is_cumulative() {
    const std::string text = text_of(busy());
    const std::string bucket = R"(jwtauthd_request_duration_seconds_bucket{method="GET",route="/a/",le=")";
    CPPUNIT_ASSERT(has(text, bucket + R"(0.000005"} 1)"));
    CPPUNIT_ASSERT(has(text, bucket + R"(0.00001"} 3)"));
    CPPUNIT_ASSERT(has(text, bucket + R"(0.00005"} 6)"));
    CPPUNIT_ASSERT(has(text, bucket + R"(5"} 6)"));
    CPPUNIT_ASSERT(has(text, bucket + R"(+Inf"} 6)"));
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_request_duration_seconds_sum{method="GET",route="/a/"} 1.25)"));
    CPPUNIT_ASSERT(has(text, R"(jwtauthd_request_duration_seconds_count{method="GET",route="/a/"} 6)"));
  }

  void ages_are_in_seconds() {
    metrics::Values values;
    values.levels[static_cast<std::size_t>(metrics::Level::feed_polled)] = 61'250;
    CPPUNIT_ASSERT(has(text_of(values), "jwtauthd_revocation_feed_age_seconds 61.25"));
  }

  void seconds_are_exact() {
    CPPUNIT_ASSERT_EQUAL(std::string("0"), metrics::seconds_text(0));
    CPPUNIT_ASSERT_EQUAL(std::string("0.000001"), metrics::seconds_text(1));
    CPPUNIT_ASSERT_EQUAL(std::string("12.05"), metrics::seconds_text(12'050'000));
    CPPUNIT_ASSERT_EQUAL(std::string("18446744073709.551615"), metrics::seconds_text(~std::uint64_t{0}));
  }

  void reference_names_every_family_once() {
    const std::string reference = metrics::reference();
    std::istringstream lines(text_of({}));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("# TYPE ")) continue;
      const std::string name = line.substr(7, line.find(' ', 7) - 7);
      const auto at = reference.find("| `" + name + "` |");
      CPPUNIT_ASSERT_MESSAGE(name, at != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(name, reference.find("| `" + name + "` |", at + 1) == std::string::npos);
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(ExpositionTest);
