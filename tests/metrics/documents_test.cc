// What is written about the metrics: the dashboard, the alert rules and the documents name what there is.
#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "json/parse.h"
#include "metrics/table.h"

namespace {

std::string file(const std::string& name) {
  const char* source = std::getenv("JWTAUTHD_SRCDIR");
  const std::string path = std::string(source != nullptr ? source : ".") + "/" + name;
  std::ifstream in(path);
  CPPUNIT_ASSERT_MESSAGE(path, in.good());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::set<std::string> names() {
  std::set<std::string> all;
  for (const auto& row : metrics::counts()) all.emplace(row.name);
  for (const auto& row : metrics::levels()) all.emplace(row.name);
  for (const auto& row : metrics::specials()) all.emplace(row.name);
  return all;
}

std::set<std::string> found(const std::string& text, const std::string& pattern) {
  std::set<std::string> all;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) all.insert((*at)[1]);
  return all;
}

void expect_known(const std::string& text) {
  const auto known = names();
  const auto named = found(text, R"((jwtauthd_[a-z_]+))");
  CPPUNIT_ASSERT(!named.empty());
  for (std::string name : named) {
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
      if (name == std::string(metrics::kDuration) + suffix) name = metrics::kDuration;
    }
    CPPUNIT_ASSERT_MESSAGE(name, known.contains(name));
  }
}

class MetricsDocumentsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetricsDocumentsTest);
  CPPUNIT_TEST(alerts_name_what_there_is);
  CPPUNIT_TEST(dashboard_names_what_there_is);
  CPPUNIT_TEST(every_metric_is_on_the_dashboard);
  CPPUNIT_TEST(labels_that_are_asked_for_exist);
  CPPUNIT_TEST(every_alert_has_a_summary_and_a_page);
  CPPUNIT_TEST(document_has_the_table);
  CPPUNIT_TEST_SUITE_END();

 public:
  void alerts_name_what_there_is() { expect_known(file("conf/prometheus-alerts.yml")); }

  void dashboard_names_what_there_is() {
    const std::string text = file("conf/grafana-dashboard.json");
    CPPUNIT_ASSERT(json::parse(text).has_value());
    expect_known(text);
  }

  void every_metric_is_on_the_dashboard() {
    const std::string text = file("conf/grafana-dashboard.json");
    for (const auto& name : names()) CPPUNIT_ASSERT_MESSAGE(name, text.find(name) != std::string::npos);
  }

  void labels_that_are_asked_for_exist() {
    std::set<std::string> labels;
    for (const auto& row : metrics::counts()) labels.emplace(row.label);
    for (const auto& row : metrics::levels()) labels.emplace(row.label);
    std::string text = file("conf/grafana-dashboard.json") + file("conf/prometheus-alerts.yml");
    for (auto at = text.find("\\\""); at != std::string::npos; at = text.find("\\\"", at)) text.erase(at, 1);
    for (const auto& label : found(text, R"re(((outcome|by|result|lane|state)="[^"]*"))re")) {
      CPPUNIT_ASSERT_MESSAGE(label, labels.contains(label));
    }
  }

  void every_alert_has_a_summary_and_a_page() {
    std::string text = file("conf/prometheus-alerts.yml");
    const std::string pages = file("docs/operations.md");
    const auto alerts = found(text, R"(- alert: (\w+)\n)");
    CPPUNIT_ASSERT(alerts.size() > 5);
    for (const auto& alert : alerts) {
      const auto from = text.find("- alert: " + alert + "\n");
      const std::string rule = text.substr(from, text.find("- alert: ", from + 1) - from);
      std::string anchor = alert;
      for (char& c : anchor) c = static_cast<char>(c | 0x20);
      CPPUNIT_ASSERT_MESSAGE(alert, rule.find("\n          summary: ") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(alert,
                             rule.find("runbook: docs/operations.md#" + anchor + "\n") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(alert, rule.find("severity: ") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(alert, pages.find("\n### " + alert + "\n") != std::string::npos);
    }
    for (const auto& page : found(pages, "\n### (Jwtauthd\\w+)\n")) {
      CPPUNIT_ASSERT_MESSAGE(page, alerts.contains(page));
    }
  }

  void document_has_the_table() {
    CPPUNIT_ASSERT_MESSAGE("jwtauthctl docs metrics",
                           file("docs/metrics.md").find(metrics::reference()) != std::string::npos);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(MetricsDocumentsTest);
