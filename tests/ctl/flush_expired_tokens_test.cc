#include "ctl/flush_expired_tokens.h"

#include <cppunit/extensions/HelperMacros.h>

#include <deque>

#include "ctl/scripted_terminal.h"

namespace {

using namespace jwtauthd;

/// Gives the batches that it was told to, then no more.
class Batches final : public store::BlacklistStore {
 public:
  explicit Batches(std::deque<store::Flushed> batches) : batches_(std::move(batches)) {}
  bool tables_exist() override { return true; }
  bool may_be_asked() override { return true; }
  bool is_blacklisted(std::string_view) override { return false; }
  void record(const store::OutstandingToken&) override {}
  store::Blacklisting blacklist(const store::OutstandingToken&, util::TimePoint,
                                const store::OutstandingToken*) override {
    return store::Blacklisting::done;
  }
  store::Flushed flush_expired(util::TimePoint, std::int64_t after_id, unsigned) override {
    if (batches_.empty()) return {0, after_id};
    const store::Flushed next = batches_.front();
    batches_.pop_front();
    return next;
  }

 private:
  std::deque<store::Flushed> batches_;
};

class FlushExpiredTokensTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FlushExpiredTokensTest);
  CPPUNIT_TEST(goes_on_behind_a_batch_that_another_deleted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void goes_on_behind_a_batch_that_another_deleted() {
    Batches store({{3, 10}, {0, 20}, {2, 30}});
    ctl_test::ScriptedTerminal terminal;
    CPPUNIT_ASSERT(flush_expired_tokens({}, store, {}, terminal) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL(std::string("Deleted 5 expired tokens.\n"), terminal.output);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FlushExpiredTokensTest);

}  // namespace
