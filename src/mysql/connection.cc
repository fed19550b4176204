#include "mysql/connection.h"

#include <utility>

#include "mysql/connections.h"
#include "mysql/failure.h"
#include "util/error.h"

namespace mysql {
namespace {

/// Whether a transaction is rolled back, now that its connection is closed, and may fare better in another
/// run. A COMMIT that was refused at its beginning was none; one whose answer was lost may have been one.
bool may_run_again(const sql::SQLException& error, bool at_its_end, bool has_others) {
  const FailureKind kind = kind_of(error.getErrorCode());
  if (kind == FailureKind::lost || kind == FailureKind::unsent) return !at_its_end;
  return kind == FailureKind::not_ready || (has_others && is_read_only(error));
}

/// More than the program has; a bound for statements whose text varies.
constexpr std::size_t kPreparedStatements = 200;

}  // namespace

Connection::Connection(Connections& home, Opened opened, unsigned generation)
    : home_(home),
      driver_(std::move(opened.connection)),
      generation_(generation),
      clustered_(opened.clustered) {
  rest();
}

void Connection::lend() noexcept {
  served_ = false;
  in_transaction_ = false;
}

bool Connection::answers_ping() noexcept {
  try {
    return driver_->isValid();
  } catch (const sql::SQLException&) {
    return false;
  }
}

std::shared_ptr<Prepared> Connection::prepare(std::string_view sql) {
  const auto make = [&] {
    return std::make_shared<Prepared>(
        Prepared{driver_, std::unique_ptr<sql::PreparedStatement>(
                              driver_->prepareStatement(sql::SQLString(sql.data(), sql.size())))});
  };
  if (const auto known = prepared_.find(sql); known != prepared_.end()) {
    // Its rows are still being read by somebody: running it anew would pull them away.
    if (known->second.use_count() > 1) return make();
    return known->second;
  }
  if (prepared_.size() >= kPreparedStatements) prepared_.clear();
  return prepared_.emplace(sql, make()).first->second;
}

void Connection::run_text(const std::string& sql, Replay replay) {
  run({.sql = sql, .replay = replay}, [&] {
    if (!text_) text_.reset(driver_->createStatement());
    return text_->execute(sql);
  });
}

void Connection::begin(Attempt& attempt) {
  if (hollow()) throw util::Outage("database: the connection is gone");
  attempt.began = std::chrono::steady_clock::now();
  home_.count_statement();
}

bool Connection::may_replay(bool unsent, const Attempt& attempt) const noexcept {
  if (served_ || attempt.replayed) return false;
  // Not after a timeout: the caller has waited long enough, and the next one would wait as long.
  const auto waited = std::chrono::steady_clock::now() - attempt.began;
  if (waited > std::chrono::milliseconds(500)) return false;
  return attempt.replay == Replay::reads || (attempt.replay == Replay::writes && unsent);
}

void Connection::recover(const sql::SQLException& error, Attempt& attempt) {
  const FailureKind kind = kind_of(error.getErrorCode());
  switch (kind) {
    case FailureKind::duplicate_key:
      throw DuplicateKey(violated_key(error.what()));
    case FailureKind::no_such_table:
      throw NoSuchTable(describe(error, attempt.sql));
    case FailureKind::referred_to:
      throw ReferredTo(describe(error, attempt.sql));
    case FailureKind::lock_wait:
      if (attempt.tells_lock_wait) throw LockWait(describe(error, attempt.sql));
      [[fallthrough]];
    case FailureKind::conflict:
      if (in_transaction_) throw Conflict(describe(error, attempt.sql));
      if (attempt.retries.again(home_.options().read_timeout)) return;
      home_.count_failure();
      throw util::Outage(describe(error, attempt.sql));
    case FailureKind::stale_handle:
      if (!std::exchange(attempt.prepared_anew, true)) {
        prepared_.erase(std::string(attempt.sql));
        return;
      }
      break;
    case FailureKind::lost:
    case FailureKind::unsent:
      home_.lost(generation_);
      if (resend(attempt, kind == FailureKind::unsent)) return;
      break;
    case FailureKind::read_only:
      if (!is_read_only(error) || !home_.has_others()) break;
      [[fallthrough]];
    case FailureKind::not_ready:
      home_.leave(generation_);
      if (resend(attempt, true)) return;
      break;
    case FailureKind::no_quorum:  // or a full disk, where there is no cluster
      if (home_.has_others()) home_.leave(generation_);
      break;
    case FailureKind::outage:
      break;
  }
  broken_ = true;
  home_.count_failure();
  if (in_transaction_ && may_run_again(error, attempt.replay == Replay::never, home_.has_others())) {
    throw Undone(describe(error, attempt.sql));
  }
  throw util::Outage(describe(error, attempt.sql));
}

bool Connection::resend(Attempt& attempt, bool unsent) {
  broken_ = true;
  if (in_transaction_ || !may_replay(unsent, attempt)) return false;
  attempt.replayed = true;
  close();
  const auto fresh = home_.take();
  become(*fresh);
  return true;
}

void Connection::close() noexcept {
  prepared_.clear();
  text_.reset();
  driver_.reset();
  home_.closed();
}

void Connection::become(Connection& other) noexcept {
  driver_ = std::move(other.driver_);
  text_ = std::move(other.text_);
  prepared_ = std::move(other.prepared_);
  generation_ = other.generation_;
  clustered_ = other.clustered_;
  broken_ = false;
}

}  // namespace mysql
