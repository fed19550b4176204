// What became of each of several rotations, told by the rows that are found afterwards.
#include "store/rotated.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace std::chrono_literals;
using Rows = std::vector<std::optional<store::Session>>;

class RotatedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RotatedTest);
  CPPUNIT_TEST(who_finds_its_successor_did_it);
  CPPUNIT_TEST(who_was_late_did_not);
  CPPUNIT_TEST(a_successor_that_was_exchanged_meanwhile_counts);
  CPPUNIT_TEST(a_grandfather_is_late);
  CPPUNIT_TEST(what_ended_was_not_rotated);
  CPPUNIT_TEST_SUITE_END();

  static constexpr auto kTook = 2ms;

  static util::TimePoint at(int micros) { return util::TimePoint(std::chrono::microseconds(micros)); }
  static store::JtiHash jti(unsigned char number) {
    store::JtiHash hash{};
    hash[0] = number;
    return hash;
  }
  /// Its `presented` is one less than `next`.
  static store::Rotation rotation(unsigned char next, int now) {
    return {{}, jti(static_cast<unsigned char>(next - 1)), jti(next), at(now), at(0), "", ""};
  }
  static store::Session row(unsigned char current, int used, std::chrono::microseconds unchanged = 1ms) {
    store::Session made;
    made.current = jti(current);
    made.previous = jti(static_cast<unsigned char>(current - 1));
    made.last_used_at = at(used);
    made.unchanged_for = unchanged;
    return made;
  }
  static std::vector<bool> which(const std::vector<store::Rotation>& rotations, const Rows& rows,
                                 std::uint64_t count) {
    return store::which_rotated(rotations, rows, count, kTook);
  }

 public:
  void who_finds_its_successor_did_it() {
    CPPUNIT_ASSERT((which({rotation(2, 5), rotation(2, 5)}, {row(2, 5), row(2, 5, 3ms)}, 2) ==
                    std::vector<bool>{true, true}));
  }

  void who_was_late_did_not() {
    CPPUNIT_ASSERT((which({rotation(2, 5), rotation(2, 5), rotation(2, 5)},
                          {row(2, 4), std::nullopt, row(7, 5)}, 0) == std::vector<bool>(3, false)));
  }

  void a_successor_that_was_exchanged_meanwhile_counts() {
    CPPUNIT_ASSERT((which({rotation(2, 5), rotation(2, 5)}, {row(3, 6), row(2, 5)}, 2) ==
                    std::vector<bool>{true, true}));
  }

  void a_grandfather_is_late() {
    // The count says that nobody's successor is missing …
    CPPUNIT_ASSERT((which({rotation(2, 5), rotation(2, 5)}, {row(3, 6), row(2, 5)}, 1) ==
                    std::vector<bool>{false, true}));
    // … or one is, and this row was as it is before the statement began.
    CPPUNIT_ASSERT((which({rotation(2, 5), rotation(2, 5)}, {row(3, 4, 3ms), row(3, 6)}, 1) ==
                    std::vector<bool>{false, true}));
  }

  void what_ended_was_not_rotated() {
    auto ended = row(2, 5);
    ended.revoked_at = at(6);
    auto exchanged = row(3, 6);
    exchanged.revoked_at = at(7);
    CPPUNIT_ASSERT((which({rotation(2, 5), rotation(2, 5), rotation(2, 5)}, {ended, exchanged, row(2, 5)},
                          3) == std::vector<bool>{false, false, true}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RotatedTest);

}  // namespace
