#include "tokens/user_directory.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "metrics/cells.h"
#include "tokens/user_shard.h"
#include "util/error.h"
#include "util/guarded.h"
#include "util/log.h"

namespace tokens {
namespace {

constexpr std::size_t shard_count = 64;
constexpr std::size_t ids_per_statement = 500;
constexpr std::size_t polled_at_once = 2000;             // users; more are polled in turns
constexpr std::chrono::milliseconds longest_cycle{750};  // until each user had his turn
constexpr std::size_t most_turns = 3;

std::size_t per_shard(std::size_t capacity) {
  return std::max<std::size_t>(1, capacity / shard_count);
}

Groups groups_of(std::int64_t id, const std::vector<store::Membership>& all) {
  const auto begin = std::ranges::lower_bound(all, id, {}, &store::Membership::user_id);
  return {begin, std::ranges::upper_bound(all, id, {}, &store::Membership::user_id)};
}

}  // namespace

struct UserDirectory::Impl {
  Impl(store::UserStore& users_in, DirectoryOptions options_in, MonotonicNow now_in)
      : users(users_in),
        options(options_in),
        now(std::move(now_in)),
        // A token of a deleted user costs no query of its own: the poll confirms the absence in time.
        trust{options.stale_after, longest_cycle + options.poll_interval},
        last_success(now().time_since_epoch().count()) {}

  store::UserStore& users;
  const DirectoryOptions options;
  const MonotonicNow now;
  const Trust trust;
  std::array<util::Guarded<UserShard>, shard_count> shards;
  std::atomic<Instant::rep> last_success;
  std::once_flag groups_wanted;
  std::atomic<bool> with_groups{false};
  std::mutex waking;
  std::condition_variable_any wake;
  std::jthread poller;  // last: joined before the rest goes

  // Ids are consecutive, so that the remainder spreads them evenly.
  util::Guarded<UserShard>& shard(std::int64_t id) {
    return shards[static_cast<std::uint64_t>(id) % shard_count];
  }

  void run(const std::stop_token& stop);
  std::size_t turns() const;
  void poll(std::size_t first, std::size_t step);
  void poll_batch(std::span<const UserShard::Departure> batch);
};

UserDirectory::UserDirectory(store::UserStore& users, DirectoryOptions options, MonotonicNow now)
    : impl_(std::make_unique<Impl>(users, options, std::move(now))) {}

UserDirectory::~UserDirectory() = default;

std::optional<UserPtr> UserDirectory::recall(std::int64_t id) {
  const Instant now = impl_->now();
  auto known = impl_->shard(id).lock()->recall(id, now, impl_->trust);
  if (known) metrics::count(metrics::Count::user_hit);  // who is not known is fetched, and counted there
  return known;
}

UserPtr UserDirectory::fetch(std::int64_t id) {
  const Instant began = impl_->now();
  auto& shard = impl_->shard(id);
  std::promise<UserPtr> answer;
  UserShard::Departure departure{};
  std::optional<Flight> under_way;
  {  // one lock for both: between them the query of another thread could land
    auto locked = shard.lock();
    if (auto known = locked->recall(id, began, impl_->trust)) {
      metrics::count(metrics::Count::user_hit);
      return std::move(*known);
    }
    metrics::count(metrics::Count::user_miss);
    under_way =
        locked->join(id, answer.get_future().share(), began, per_shard(impl_->options.capacity), departure);
  }
  if (under_way) return under_way->get();
  try {
    const auto read = impl_->users.find_by_id(id);
    std::vector<store::Membership> groups;
    if (read && impl_->with_groups) groups = impl_->users.groups_of(std::span(&id, 1));
    UserPtr user = read ? known_user(*read, groups) : nullptr;
    shard.lock()->land(departure, user, began);
    answer.set_value(user);
    return user;
  } catch (...) {  // for those who wait for this query; goes on to our caller
    shard.lock()->abandon(departure);
    answer.set_exception(std::current_exception());
    throw;
  }
}

std::int64_t UserDirectory::find_id(std::string_view username) {
  const auto user = impl_->users.find_by_username(username);
  return user ? user->id : nobody;
}

bool UserDirectory::has_password(std::int64_t id, std::string_view encoded) {
  return impl_->users.has_password(id, encoded);
}

void UserDirectory::forget(std::int64_t id) {
  impl_->shard(id).lock()->forget(id);
}

void UserDirectory::want_groups() {
  std::call_once(impl_->groups_wanted, [this] {
    impl_->with_groups = true;
    // Those that are known, or being read, came without.
    for (auto& shard : impl_->shards) shard.lock()->forget_all();
  });
}

std::chrono::milliseconds UserDirectory::age() const {
  const Instant last{Instant::duration(impl_->last_success.load(std::memory_order_relaxed))};
  return std::chrono::duration_cast<std::chrono::milliseconds>(impl_->now() - last);
}

void UserDirectory::start() {
  impl_->poller = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run(stop); });
}

void UserDirectory::stop() {
  impl_->poller = {};
}

void UserDirectory::poll_once() {
  impl_->poll(0, 1);
}

void UserDirectory::Impl::run(const std::stop_token& stop) {
  std::size_t turn = 0;
  bool failing = false;
  std::unique_lock lock(waking);
  while (!wake.wait_for(lock, stop, options.poll_interval, [&] { return stop.stop_requested(); })) {
    const std::size_t step = turns();
    try {
      poll(turn % step, step);
      ++turn;  // a turn that failed is taken again
      if (failing) util::log::info("users are re-read from the database again");
      failing = false;
    } catch (const std::exception& failure) {  // whatever it is: let out of a thread, it ends the process
      if (!failing) {
        util::log::failure(util::log::Level::warning,
                           "users cannot be re-read, known ones are trusted for a while: ", failure.what());
      }
      failing = true;
    }
  }
}

std::size_t UserDirectory::Impl::turns() const {
  std::size_t users_known = 0;
  for (const auto& shard : shards) users_known += shard.lock()->size();
  if (users_known <= polled_at_once) return 1;
  return longest_cycle >= most_turns * options.poll_interval ? most_turns : 1;
}

void UserDirectory::Impl::poll(std::size_t first, std::size_t step) {
  const Instant began = now();
  std::vector<UserShard::Departure> due;
  for (std::size_t i = first; i < shard_count; i += step) {
    shards[i].lock()->collect(began - options.idle_after, due);
  }
  for (std::size_t done = 0; done < due.size(); done += ids_per_statement) {
    poll_batch(std::span(due).subspan(done, std::min(ids_per_statement, due.size() - done)));
  }
  last_success.store(began.time_since_epoch().count(), std::memory_order_relaxed);
}

void UserDirectory::Impl::poll_batch(std::span<const UserShard::Departure> batch) {
  std::vector<std::int64_t> ids;
  ids.reserve(batch.size());
  for (const auto& departure : batch) ids.push_back(departure.id);

  const Instant began = now();
  const std::vector<store::User> read = users.find_by_ids(ids);
  std::unordered_map<std::int64_t, const store::User*> by_id;
  std::vector<store::Membership> groups;
  if (with_groups) groups = users.groups_of(ids);
  by_id.reserve(read.size());
  for (const auto& user : read) by_id.emplace(user.id, &user);
  for (const auto& departure : batch) {
    const auto found = by_id.find(departure.id);
    shard(departure.id)
        .lock()
        ->confirm(departure, found == by_id.end() ? nullptr : found->second, groups_of(departure.id, groups),
                  began);
  }
}

}  // namespace tokens
