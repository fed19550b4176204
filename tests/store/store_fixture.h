// A store over a migrated database of its own.
#pragma once

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <string>

#include "store/migrator.h"
#include "tests/mysql/test_database.h"

namespace store_test {

template <typename Store>
class StoreFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    database_.emplace();
    pool_.emplace(database_->options());
    store_.emplace(*pool_);
    CPPUNIT_ASSERT(store::Migrator(*pool_).migrate());
  }
  void tearDown() override {
    store_.reset();
    pool_.reset();
    database_.reset();
  }

 protected:
  // Not before setUp(): CppUnit makes all fixtures before the first test runs.
  std::optional<testing::TestDatabase> database_;
  std::optional<mysql::Pool> pool_;
  std::optional<Store> store_;

  void add_user(std::int64_t id, const std::string& name, const std::string& hash = "old$AAAA") {
    database_->run("INSERT INTO auth_user VALUES (" + std::to_string(id) + ", '" + hash + "', NULL, 0, '" +
                   name + "', '', '', '', 0, 1, '2024-01-01 00:00:00')");
  }
};

}  // namespace store_test
