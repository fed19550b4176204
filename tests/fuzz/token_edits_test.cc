// Valid tokens, edited: none is accepted. JWTAUTHD_TEST_TOKEN_EDITS says how many; a million in
// `make check-hostile`.
#include "token_edits.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "util/log.h"

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t usual_edits = 4000;
#else
constexpr std::size_t usual_edits = 20'000;
#endif

std::size_t edits_wanted() {
  const char* text = std::getenv("JWTAUTHD_TEST_TOKEN_EDITS");
  return text != nullptr ? std::stoul(text) : usual_edits;
}

class TokenEditsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenEditsTest);
  CPPUNIT_TEST(no_edited_token_is_accepted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void no_edited_token_is_accepted() {
    auto& houses = fuzz::token_houses();
    const auto edits = fuzz::token_edits();
    fuzz::Chance chance(7);
    const std::size_t wanted = edits_wanted();
    std::size_t accepted = 0;
    for (std::size_t made = 0; made < wanted;) {
      auto& house = houses[chance.below(houses.size())];
      const bool refresh = chance.below(4) == 0;
      const auto& edit = edits[chance.below(edits.size())];
      const std::string text = edit.edited(refresh ? house.refresh() : house.access(), house, chance);
      if (house.issued(text)) continue;
      // The cache of the bearer check knows the access token.
      const bool taken = made % 8 == 0 ? house.lets_in(text) : house.verifies(text);
      if (taken && ++accepted <= 3) {
        std::cout << "ACCEPTED " << house.name() << " (" << edit.name << ") " << util::log::quoted(text, 3000)
                  << '\n';
      }
      ++made;
    }
    if (std::getenv("JWTAUTHD_TEST_TOKEN_EDITS") != nullptr) {
      std::cout << "edits " << wanted << ", accepted " << accepted << '\n';
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, accepted);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenEditsTest);

}  // namespace
