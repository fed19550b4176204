// Personal access tokens in memory, for tests of many threads too.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "store/personal_token_store.h"
#include "store/revocation_store.h"
#include "util/error.h"

namespace tokens_test {

/// The rows, and what ends with them, as the contract has it: each call is one step.
class FakePersonalTokens final : public store::PersonalTokenStore {
 public:
  /// `revoke`: where the feed reads it.
  FakePersonalTokens(std::function<void(const store::Revocation&)> revoke, store::AuditStore& audit)
      : revoke_(std::move(revoke)), audit_(audit) {}

  std::atomic<int> reads{0};       // calls of find_by_hash
  std::atomic<int> writes{0};      // calls of note_use
  std::atomic<bool> away{false};   // for reads
  std::atomic<bool> full{false};   // for notes of use
  std::atomic<bool> ended{false};  // the login that makes one
  /// Runs when a row was read and is not returned yet: where its end overtakes it.
  std::function<void()> after_read = [] {};
  std::uint64_t left = 0;  // to purge

  std::vector<store::PersonalToken> rows() const {
    const std::lock_guard lock(mutex_);
    std::vector<store::PersonalToken> rows;
    for (const auto& [hash, row] : rows_) rows.push_back(row);
    return rows;
  }

  Added add(const store::PersonalToken& token, const store::TokenHash& hash, unsigned most,
            const store::MadeBy& login, const store::AuditEvent& event) override {
    if (ended) return Added::ended;
    const std::lock_guard lock(mutex_);
    const auto his = std::count_if(rows_.begin(), rows_.end(),
                                   [&](const auto& row) { return row.second.user_id == token.user_id; });
    if (his >= static_cast<std::ptrdiff_t>(most)) return Added::too_many;
    rows_[hash] = token;
    made_by = login;
    tell(event, token.id);
    return Added::done;
  }
  std::optional<store::PersonalToken> find_by_hash(const store::TokenHash& hash) override {
    ++reads;
    if (away) throw util::Outage("the database is away");
    auto found = find([&](const auto& row) { return row.first == hash; });
    after_read();
    return found;
  }
  std::optional<store::PersonalToken> find_by_id(const store::SessionId& id) override {
    return find([&](const auto& row) { return row.second.id == id; });
  }
  std::vector<store::PersonalToken> list(const store::PersonalTokenFilter& filter) override {
    std::vector<store::PersonalToken> found;
    for (const auto& row : rows()) {
      if (filter.user_id.value_or(row.user_id) == row.user_id) found.push_back(row);
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
    found.resize(std::min<std::size_t>(found.size(), filter.limit));
    return found;
  }
  bool note_use(const store::SessionId& id, util::TimePoint at) override {
    ++writes;
    if (full) throw util::Outage("the disk is full");
    const std::lock_guard lock(mutex_);
    for (auto& [hash, row] : rows_) {
      if (row.id == id) return row.last_used_at = at, true;
    }
    return false;
  }

  bool remove(std::int64_t user_id, const store::SessionId& id, const store::Withdrawal& how) override {
    return withdraw(how, [&](const auto& row) { return row.id == id && row.user_id == user_id; }) > 0;
  }
  std::size_t remove_all(std::int64_t user_id, const store::Withdrawal& how) override {
    return withdraw(how, [&](const auto& row) { return row.user_id == user_id; });
  }
  std::uint64_t purge(util::TimePoint, unsigned batch) override {
    const std::uint64_t deleted = std::min<std::uint64_t>(left, batch);
    left -= deleted;
    return deleted;
  }

  store::MadeBy made_by{};  // the last one

 private:
  template <typename Which>
  std::optional<store::PersonalToken> find(Which which) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(rows_.begin(), rows_.end(), which);
    if (found == rows_.end()) return std::nullopt;
    return found->second;
  }
  template <typename Which>
  std::size_t withdraw(const store::Withdrawal& how, Which which) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(rows_, [&](const auto& row) {
      if (!which(row.second)) return false;
      revoke_({0, row.second.user_id, row.second.id, 0,
               std::chrono::ceil<std::chrono::seconds>(how.told_until).time_since_epoch().count()});
      tell(how.event, row.second.id);
      return true;
    });
  }
  void tell(store::AuditEvent event, const store::SessionId& id) {
    event.session = id;
    audit_.append(event);
  }

  const std::function<void(const store::Revocation&)> revoke_;
  store::AuditStore& audit_;
  mutable std::mutex mutex_;
  std::map<store::TokenHash, store::PersonalToken> rows_;
};

}  // namespace tokens_test
