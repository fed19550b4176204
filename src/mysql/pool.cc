#include "mysql/pool.h"

#include <utility>

#include "mysql/connections.h"
#include "mysql/retries.h"
#include "util/error.h"

namespace mysql {

Lease::Lease(Connections& home, std::unique_ptr<Connection> connection) noexcept
    : home_(&home), connection_(std::move(connection)) {}

Lease::Lease(Lease&&) noexcept = default;

Lease::~Lease() {
  if (connection_) home_->give_back(std::move(connection_));
}

void Lease::run(const std::string& sql) {
  connection_->run_text(sql, Replay::writes);
}

bool Lease::clustered() const noexcept {
  return connection_->clustered();
}

Pool::Pool(Options options) : connections_(std::make_unique<Connections>(std::move(options))) {}

Pool::~Pool() = default;

Lease Pool::acquire() {
  return Lease(*connections_, connections_->take());
}

void Pool::ping() {
  acquire().prepare("SELECT 1").query();
}

std::uint64_t Pool::statements_sent() const noexcept {
  return connections_->statements();
}

Pool::Use Pool::use() const {
  return connections_->use();
}

Transaction::Transaction(Pool& pool) : lease_(pool.acquire()) {
  lease_.connection_->run_text("BEGIN", Replay::reads);
  lease_.connection_->set_in_transaction(true);
  open_ = true;
}

Transaction::~Transaction() {
  if (!open_) return;
  Connection& connection = *lease_.connection_;
  if (connection.broken() || connection.hollow()) return;  // closing it rolls back
  try {
    connection.run_text("ROLLBACK", Replay::never);
    connection.set_in_transaction(false);
  } catch (const std::exception&) {
    // The connection is marked broken by that, and closing it rolls back.
  }
}

Statement Transaction::prepare(const char* sql) {
  return lease_.prepare(sql);
}

void Transaction::commit() {
  lease_.connection_->run_text("COMMIT", Replay::never);
  lease_.connection_->set_in_transaction(false);
  open_ = false;
}

void transact(Pool& pool, const std::function<void(Transaction&)>& work) {
  const auto at_most = pool.connections_->options().read_timeout;
  Retries retries;
  for (;;) {
    try {
      Transaction transaction(pool);
      work(transaction);
      return;
    } catch (const Conflict& conflict) {
      if (!retries.again(at_most)) throw util::Outage(std::string(conflict.what()) + ", again and again");
    } catch (const Undone&) {
      if (!retries.again(at_most)) throw;
    }
  }
}

}  // namespace mysql
