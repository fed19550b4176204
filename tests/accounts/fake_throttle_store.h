// Failures in memory, behind a lock: what the table counts, without its collation.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/throttle_store.h"
#include "util/error.h"
#include "util/unicode.h"

namespace accounts_test {

class FakeThrottleStore final : public store::ThrottleStore {
 public:
  int statements = 0;
  bool away = false;
  bool clearing_fails = false;
  /// Runs before a claim looks at its row: the place where a rival overtakes.
  std::function<void()> before_claim = [] {};

  Both read(const store::ThrottleSubject& account, const store::ThrottleSubject& address) override {
    const std::lock_guard lock(mutex_);
    asked();
    return {rows_[key(account)], rows_[key(address)]};
  }
  bool claim(const store::ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
             std::optional<util::TimePoint> blocked_until) override {
    std::exchange(before_claim, [] {})();
    const std::lock_guard lock(mutex_);
    asked();
    auto& row = rows_[key(subject)];
    if (row.failures != seen) return false;
    row = {seen + 1, now, blocked_until};
    return true;
  }
  bool begin_anew(const store::ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
                  std::optional<util::TimePoint> blocked_until) override {
    std::exchange(before_claim, [] {})();
    const std::lock_guard lock(mutex_);
    asked();
    auto& row = rows_[key(subject)];
    if (row.failures != seen || (row.blocked_until && *row.blocked_until > now)) return false;
    row = {1, now, blocked_until};
    return true;
  }
  store::ThrottleState count(const store::ThrottleSubject& subject, std::int64_t,
                             util::TimePoint now) override {
    const std::lock_guard lock(mutex_);
    asked();
    auto& row = rows_[key(subject)];
    const bool forgotten = subject.kind == store::ThrottleSubject::Kind::address && row.last_failed_at &&
                           *row.last_failed_at + store::kAddressMemory < now;
    row.failures = forgotten ? 1 : row.failures + 1;
    row.last_failed_at = now;
    return row;
  }
  void block(const store::ThrottleSubject& subject, util::TimePoint until) override {
    const std::lock_guard lock(mutex_);
    asked();
    auto& end = rows_[key(subject)].blocked_until;
    if (!end || *end < until) end = until;
  }
  bool clear(const store::ThrottleSubject& subject) override {
    const std::lock_guard lock(mutex_);
    asked();
    if (clearing_fails) throw util::Outage("the fake database takes no writes");
    return rows_.erase(key(subject)) > 0;
  }
  bool clear_owner(std::int64_t user_id) override {
    const std::string begin = std::to_string(user_id) + "/";
    return std::erase_if(rows_, [&](const auto& row) {
             return row.first.first == store::ThrottleSubject::Kind::owner &&
                    row.first.second.starts_with(begin);
           }) > 0;
  }
  std::vector<store::ThrottleRow> list(unsigned) override { return {}; }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }

  std::int64_t failures_of(const std::string& text,
                           store::ThrottleSubject::Kind kind = store::ThrottleSubject::Kind::account) {
    return rows_[key({kind, text})].failures;
  }

 private:
  static std::pair<store::ThrottleSubject::Kind, std::string> key(const store::ThrottleSubject& subject) {
    return {subject.kind, util::unicode::casefold(subject.text)};
  }
  void asked() {
    if (away) throw util::Outage("the fake database is away");
    ++statements;
  }

  std::mutex mutex_;
  std::map<std::pair<store::ThrottleSubject::Kind, std::string>, store::ThrottleState> rows_;
};

}  // namespace accounts_test
