#include "tokens/token_cache.h"

#include <cppunit/extensions/HelperMacros.h>
#include <malloc.h>

#include <string>
#include <thread>
#include <vector>

#include "fakes.h"

namespace {

using tokens::TokenCache;
using tokens::Vouched;

std::string token(int number, std::size_t size = 231) {
  std::string text = std::to_string(number) + ".";
  text.resize(size, 'x');
  return text;
}

class TokenCacheTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenCacheTest);
  CPPUNIT_TEST(finds_a_token_by_all_its_bytes_only);
  CPPUNIT_TEST(one_hash_does_not_make_two_tokens_one);
  CPPUNIT_TEST(holds_as_many_as_it_says_and_no_more);
  CPPUNIT_TEST(long_tokens_share_the_room_in_smaller_number);
  CPPUNIT_TEST(what_is_in_use_outlives_what_is_not);
  CPPUNIT_TEST(erased_tokens_leave_their_room);
  CPPUNIT_TEST(replaces_what_is_inserted_again);
  CPPUNIT_TEST(a_capacity_of_zero_keeps_nothing);
  CPPUNIT_TEST(twenty_thousand_tokens_take_under_12_mib_of_heap);
  CPPUNIT_TEST(many_threads_find_insert_and_erase);
  CPPUNIT_TEST_SUITE_END();

  util::SystemRandom random_;

 public:
  void finds_a_token_by_all_its_bytes_only() {
    TokenCache cache(100, random_);
    const std::string good = token(1);
    cache.insert(good, {7, 99});
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, cache.find(good).value().user_id);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{99}, cache.find(good).value().expires);
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string other = good;
      other[i] = '-';
      CPPUNIT_ASSERT(!cache.find(other));
    }
    CPPUNIT_ASSERT(!cache.find(good.substr(0, good.size() - 1)));
    CPPUNIT_ASSERT(!cache.find(good + "x"));
    CPPUNIT_ASSERT(!cache.find(""));
  }

  void one_hash_does_not_make_two_tokens_one() {
    tokens::CacheLoad load(10);
    tokens::TokenShard shard;
    shard.insert(5, "first", {1, 1}, load);
    CPPUNIT_ASSERT(!shard.find(5, "other"));
    shard.erase(5, "other", load);
    CPPUNIT_ASSERT(shard.find(5, "first").has_value());
    shard.insert(5, "other", {2, 2}, load);
    CPPUNIT_ASSERT(!shard.find(5, "first"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, shard.find(5, "other").value().user_id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, load.tokens.load());
  }

  // Each of the 32 shards may take one token past the bound.
  void holds_as_many_as_it_says_and_no_more() {
    for (const std::size_t capacity : {1, 10, 1000}) {
      TokenCache cache(capacity, random_);
      for (int i = 0; i < static_cast<int>(capacity); ++i) cache.insert(token(i), {1, 1});
      CPPUNIT_ASSERT(cache.size() >= capacity);
      for (int i = 0; i < 5000; ++i) cache.insert(token(i), {1, 1});
      CPPUNIT_ASSERT(cache.size() >= capacity);
      CPPUNIT_ASSERT(cache.size() <= capacity + 32);
      CPPUNIT_ASSERT(cache.find(token(4999)).has_value());
    }
  }

  void long_tokens_share_the_room_in_smaller_number() {
    TokenCache cache(1000, random_);
    for (int i = 0; i < 2000; ++i) cache.insert(token(i, 2000), {1, 1});
    CPPUNIT_ASSERT(cache.bytes() <= 1000 * 600 + 32 * 2200);
    CPPUNIT_ASSERT(cache.size() > 200 && cache.size() < 400);
    CPPUNIT_ASSERT(cache.find(token(1999, 2000)).has_value());
  }

  void what_is_in_use_outlives_what_is_not() {
    TokenCache cache(1000, random_);
    const std::string busy = "a token that someone uses all the time";
    cache.insert(busy, {1, 1});
    for (int i = 0; i < 20000; ++i) {
      cache.insert(token(i), {1, 1});
      CPPUNIT_ASSERT(cache.find(busy).has_value());
    }
  }

  void erased_tokens_leave_their_room() {
    TokenCache cache(100, random_);
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 50; ++i) cache.insert(token(i), {1, 1});
      CPPUNIT_ASSERT_EQUAL(std::size_t{50}, cache.size());
      for (int i = 0; i < 50; ++i) cache.erase(token(i));
      cache.erase("never inserted");
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, cache.size());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, cache.bytes());
    }
  }

  void replaces_what_is_inserted_again() {
    TokenCache cache(100, random_);
    cache.insert(token(1), {1, 1});
    cache.insert(token(1), {2, 2});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, cache.size());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, cache.find(token(1)).value().user_id);
  }

  void a_capacity_of_zero_keeps_nothing() {
    TokenCache cache(0, random_);
    cache.insert(token(1), {1, 1});
    CPPUNIT_ASSERT(!cache.find(token(1)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, cache.size());
  }

  void twenty_thousand_tokens_take_under_12_mib_of_heap() {
    for (const std::size_t size : {231, 344, 600, 800, 4000}) {
      const auto before = mallinfo2().uordblks;
      TokenCache cache(20000, random_);
      for (int i = 0; i < 40000; ++i) cache.insert(token(i, size), {1, 1});
      const auto taken = mallinfo2().uordblks - before;
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size) + ": " + std::to_string(taken), taken < 12u << 20);
    }
  }

  void many_threads_find_insert_and_erase() {
    TokenCache cache(500, random_);
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 5000; ++i) {
          const int number = (i * 31 + t * 7) % 1000;
          if (const auto found = cache.find(token(number)); found && found->user_id != number) ++wrong;
          if (i % 3 == 0) cache.insert(token(number), {number, 1});
          if (i % 11 == 0) cache.erase(token(number));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0, wrong.load());
    CPPUNIT_ASSERT(cache.size() <= 532);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenCacheTest);

}  // namespace
