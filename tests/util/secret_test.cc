#include "util/secret.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace {

using util::Secret;

const std::string kShort = "hunter2";                                     // inside the string object
const std::string kLong = "correct horse battery staple, and some more";  // on the heap

/// Does the object's own memory hold `text`?
bool holds(const void* object, std::size_t size, const std::string& text) {
  return memmem(object, size, text.data(), text.size()) != nullptr;
}

class SecretTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SecretTest);
  CPPUNIT_TEST(wipe_overwrites_every_byte);
  CPPUNIT_TEST(take_leaves_nothing_with_the_caller);
  CPPUNIT_TEST(moved_from_secret_is_empty_and_wiped);
  CPPUNIT_TEST(assignment_replaces_and_survives_itself);
  CPPUNIT_TEST(destruction_leaves_nothing_in_the_object);
  CPPUNIT_TEST(clone_is_a_copy_of_its_own);
  CPPUNIT_TEST(compares_bytes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void wipe_overwrites_every_byte() {
    std::string text = kLong;
    util::wipe(text.data(), text.size());
    CPPUNIT_ASSERT_EQUAL(std::string(kLong.size(), '\0'), text);
    util::wipe(nullptr, 0);
  }

  void take_leaves_nothing_with_the_caller() {
    for (const std::string& value : {kShort, kLong}) {
      std::string buffer = value;
      const Secret secret = Secret::take(std::move(buffer));
      CPPUNIT_ASSERT_EQUAL(value, std::string(secret.reveal()));
      CPPUNIT_ASSERT(!holds(&buffer, sizeof buffer, kShort));
    }
  }

  void moved_from_secret_is_empty_and_wiped() {
    for (const std::string& value : {kShort, kLong}) {
      Secret first(value);
      const Secret second(std::move(first));
      CPPUNIT_ASSERT_EQUAL(value, std::string(second.reveal()));
      CPPUNIT_ASSERT(first.empty());
      CPPUNIT_ASSERT(!holds(&first, sizeof first, kShort));
    }
  }

  void assignment_replaces_and_survives_itself() {
    Secret secret{std::string_view(kShort)};
    Secret other{std::string_view(kLong)};
    secret = std::move(other);
    CPPUNIT_ASSERT_EQUAL(kLong, std::string(secret.reveal()));
    CPPUNIT_ASSERT(other.empty());
    Secret& same = secret;
    secret = std::move(same);
    CPPUNIT_ASSERT_EQUAL(kLong, std::string(secret.reveal()));
    CPPUNIT_ASSERT_EQUAL(kLong.size(), secret.size());
  }

  void destruction_leaves_nothing_in_the_object() {
    alignas(Secret) std::byte memory[sizeof(Secret)];
    auto* secret = new (memory) Secret(kShort);
    CPPUNIT_ASSERT(holds(memory, sizeof memory, kShort));
    secret->~Secret();
    CPPUNIT_ASSERT(!holds(memory, sizeof memory, kShort));
  }

  void clone_is_a_copy_of_its_own() {
    Secret first{std::string_view(kLong)};
    const Secret second = first.clone();
    first = Secret();
    CPPUNIT_ASSERT_EQUAL(kLong, std::string(second.reveal()));
  }

  void compares_bytes() {
    CPPUNIT_ASSERT(util::equal_constant_time("", ""));
    CPPUNIT_ASSERT(util::equal_constant_time("abc", "abc"));
    CPPUNIT_ASSERT(!util::equal_constant_time("abc", "abd"));
    CPPUNIT_ASSERT(!util::equal_constant_time("abc", "xbc"));
    CPPUNIT_ASSERT(!util::equal_constant_time("abc", "ab"));
    CPPUNIT_ASSERT(!util::equal_constant_time("", "a"));
    CPPUNIT_ASSERT(!util::equal_constant_time(std::string("a\0b", 3), std::string("a\0c", 3)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SecretTest);

}  // namespace
