#include "ctl/audit.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "ctl/scripted_terminal.h"
#include "json/parse.h"

namespace {

using namespace std::string_literals;
using store::AuditKind;

class FakeAudit final : public store::AuditStore {
 public:
  std::vector<store::AuditRecord> rows;  // in order of commit
  int queries = 0;

  void add(std::int64_t id, AuditKind kind = AuditKind::login) {
    store::AuditRecord record;
    record.id = id;
    record.kind = name(kind);
    record.at = util::TimePoint(std::chrono::seconds(1'700'000'000));
    rows.push_back(record);
  }
  void append(const store::AuditEvent&) override {}
  std::vector<store::AuditRecord> list(const store::AuditFilter& filter) override {
    ++queries;
    std::vector<store::AuditRecord> found;
    for (const auto& row : rows) {
      if (row.id > filter.after_id) found.push_back(row);
    }
    std::sort(found.begin(), found.end(),
              [&](const auto& a, const auto& b) { return filter.newest_first ? a.id > b.id : a.id < b.id; });
    if (found.size() > filter.limit) found.resize(filter.limit);
    return found;
  }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }
};

class AuditTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuditTest);
  CPPUNIT_TEST(writes_what_there_is);
  CPPUNIT_TEST(searches_over_pages_up_to_the_limit);
  CPPUNIT_TEST(tail_shows_the_last_in_order);
  CPPUNIT_TEST(follows_also_what_is_committed_late);
  CPPUNIT_TEST_SUITE_END();

  FakeAudit audit_;
  ctl_test::ScriptedTerminal terminal_;

  std::string ids() {
    std::string text;
    for (std::size_t start = 0; start < terminal_.output.size();) {
      const auto end = terminal_.output.find('\n', start);
      text += std::to_string(
                  json::parse(terminal_.output.substr(start, end - start)).value().get("id")->as_integer()) +
              " ";
      start = end + 1;
    }
    return text;
  }

 public:
  void writes_what_there_is() {
    store::AuditRecord record;
    record.kind = "refresh_reuse";
    record.at = util::TimePoint(std::chrono::microseconds(1'700'000'000'000'001));
    CPPUNIT_ASSERT_EQUAL("2023-11-14T22:13:20Z refresh_reuse"s, jwtauthd::audit_line(record));
    CPPUNIT_ASSERT_EQUAL(
        "{\"id\":0,\"time\":\"2023-11-14T22:13:20.000001Z\",\"event\":\"refresh_reuse\","
        "\"user_id\":null,\"session\":null,\"address\":\"\",\"request_id\":\"\",\"reason\":\"\"}"s,
        jwtauthd::audit_json(record).dump());
    record.user_id = 7;
    record.session.fill(0xab);
    record.address = "192.0.2.1";
    record.request_id = "cli";
    record.reason = "operator\x1b";
    CPPUNIT_ASSERT_EQUAL(
        "2023-11-14T22:13:20Z refresh_reuse user=7 session=abababababababababababababababab "
        "address=192.0.2.1 request=cli reason=operator\xef\xbf\xbd"s,
        jwtauthd::audit_line(record));
  }

  void searches_over_pages_up_to_the_limit() {
    for (int id = 1; id <= 2500; ++id) audit_.add(id);
    const struct {
      unsigned limit;
      std::size_t lines;
      bool more;
    } rows[] = {{5, 5, true}, {2000, 2000, true}, {2500, 2500, false}, {9000, 2500, false}};
    for (const auto& row : rows) {
      terminal_ = {};
      store::AuditFilter filter;
      filter.limit = row.limit;
      jwtauthd::search_audit(filter, true, audit_, terminal_);
      CPPUNIT_ASSERT_EQUAL(row.lines, static_cast<std::size_t>(std::count(terminal_.output.begin(),
                                                                          terminal_.output.end(), '\n')));
      CPPUNIT_ASSERT_EQUAL(row.more, terminal_.errors == "There are more: go on with --after " +
                                                             std::to_string(row.limit) + "\n");
    }
  }

  void tail_shows_the_last_in_order() {
    for (int id = 1; id <= 30; ++id) audit_.add(id);
    jwtauthd::tail_audit(
        {3, false, true}, audit_, [] { return true; }, terminal_);
    CPPUNIT_ASSERT_EQUAL("28 29 30 "s, ids());
    CPPUNIT_ASSERT_EQUAL(1, audit_.queries);
  }

  void follows_also_what_is_committed_late() {
    for (int id = 1; id <= 5; ++id) audit_.add(id);
    audit_.add(10);
    int rounds = 0;
    const auto wait = [&] {
      ++rounds;
      if (rounds == 1) audit_.add(12);
      if (rounds == 2) audit_.add(11);  // had its number before
      if (rounds == 3) audit_.add(7);   // on another node
      return rounds <= 4;
    };
    jwtauthd::tail_audit({2, true, true}, audit_, wait, terminal_);
    CPPUNIT_ASSERT_EQUAL("5 10 12 11 7 "s, ids());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuditTest);

}  // namespace
