#include "mysql/statement.h"

#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>

#include <utility>
#include <variant>
#include <vector>

#include "mysql/connection.h"
#include "mysql/datetime.h"
#include "mysql/failure.h"

namespace mysql {
namespace {

using Value = std::variant<std::monostate, std::int64_t, std::string>;

void bind_all(sql::PreparedStatement& statement, const std::vector<Value>& values) {
  unsigned index = 0;
  for (const Value& value : values) {
    ++index;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      statement.setInt64(index, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      statement.setString(index, *text);
    } else {
      statement.setNull(index, 0);
    }
  }
}

/// Reading a row asks nothing of the server: what goes wrong is a column that is not there.
template <typename Read>
auto reading(Read&& read) {
  try {
    return read();
  } catch (const sql::SQLException& error) {
    throw util::Outage(describe(error, "reading a row"));
  }
}

std::uint64_t affected_rows(sql::PreparedStatement& statement) {
  return static_cast<unsigned>(statement.executeUpdate());
}

}  // namespace

struct Rows::Impl {
  std::shared_ptr<Prepared> prepared;  // outlives the rows, as the driver wants it
  std::unique_ptr<sql::ResultSet> result;
};

Rows::Rows(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows::~Rows() = default;

bool Rows::next() {
  return reading([&] { return impl_->result->next(); });
}

bool Rows::is_null(unsigned column) const {
  return reading([&] { return impl_->result->isNull(column); });
}

std::int64_t Rows::integer(unsigned column) const {
  return reading([&] {
    const std::int64_t value = impl_->result->getInt64(column);
    if (value < 0 && !impl_->result->getMetaData()->isSigned(column)) {
      throw util::Outage("database: column " + std::to_string(column) + " holds more than 64 bits with sign");
    }
    return value;
  });
}

std::string Rows::text(unsigned column) const {
  return reading([&] { return impl_->result->getString(column).asStdString(); });
}

util::TimePoint Rows::time(unsigned column) const {
  return optional_time(column).value_or(util::TimePoint());
}

std::optional<util::TimePoint> Rows::optional_time(unsigned column) const {
  if (is_null(column)) return std::nullopt;
  const auto read = reading([&] { return impl_->result->getString(column); });
  return parse_datetime(read.asStdString());
}

struct Statement::Impl {
  Connection& connection;
  std::string_view sql;
  std::vector<Value> values;
  bool sent = false;
  std::shared_ptr<Prepared> prepared;

  void bind(Value value) {
    if (std::exchange(sent, false)) values.clear();
    values.push_back(std::move(value));
  }

  template <typename Work>
  auto run(Replay replay, Work&& work, bool tells_lock_wait = false) {
    sent = true;
    return connection.run({.sql = sql, .replay = replay, .tells_lock_wait = tells_lock_wait}, [&] {
      prepared.reset();  // so that the connection sees it free
      prepared = connection.prepare(sql);
      bind_all(*prepared->statement, values);
      return work(*prepared->statement);
    });
  }
};

Statement::Statement(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement::~Statement() = default;

Statement& Statement::bind(std::int64_t value) {
  impl_->bind(value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  impl_->bind(std::string(value));
  return *this;
}

Statement& Statement::bind(util::TimePoint value) {
  impl_->bind(datetime_text(value));
  return *this;
}

Statement& Statement::bind(std::optional<util::TimePoint> value) {
  return value ? bind(*value) : bind_null();
}

Statement& Statement::bind_null() {
  impl_->bind(std::monostate());
  return *this;
}

Rows Statement::query() {
  auto result = impl_->run(Replay::reads, [](sql::PreparedStatement& statement) {
    return std::unique_ptr<sql::ResultSet>(statement.executeQuery());
  });
  return Rows(std::make_unique<Rows::Impl>(Rows::Impl{std::move(impl_->prepared), std::move(result)}));
}

std::uint64_t Statement::execute() {
  return impl_->run(Replay::writes, affected_rows);
}

std::uint64_t Statement::execute_or_lock_wait() {
  return impl_->run(Replay::writes, affected_rows, true);
}

std::int64_t Statement::last_insert_id() const {
  Statement ask(
      std::make_unique<Impl>(Impl{impl_->connection, "SELECT LAST_INSERT_ID()", {}, false, nullptr}));
  Rows rows = ask.query();
  return rows.next() ? rows.integer(1) : 0;
}

Statement Lease::prepare(const char* sql) {
  return Statement(std::make_unique<Statement::Impl>(Statement::Impl{*connection_, sql, {}, false, nullptr}));
}

}  // namespace mysql
