#include "metrics/scoreboard.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>

#include "util/temporary_directory.h"

namespace {

using metrics::Count;
using metrics::Level;
using metrics::Scoreboard;

constexpr metrics::RouteLabel kRoutes[] = {{"GET", "/a/"}, {"POST", "/b/"}};
constexpr metrics::RouteLabel kOthers[] = {{"GET", "/a/"}, {"POST", "/c/"}};

/// A process of its own that claims a place, does its work, and then says so and sleeps until it is killed.
class Worker {
 public:
  Worker(const std::string& path, const std::function<void()>& work) {
    int fds[2];
    CPPUNIT_ASSERT_EQUAL(0, ::pipe(fds));
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto board = Scoreboard::claim(path, kRoutes);
      if (!board) std::_Exit(1);
      work();
      if (::write(fds[1], "x", 1) != 1) std::_Exit(1);
      for (;;) ::pause();
    }
    ::close(fds[1]);
    char said = 0;
    const auto got = ::read(fds[0], &said, 1);
    ::close(fds[0]);
    CPPUNIT_ASSERT_EQUAL(ssize_t{1}, got);
  }
  ~Worker() { kill(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

metrics::Reading read(const std::string& path) {
  const auto board = Scoreboard::open(path, kRoutes);
  CPPUNIT_ASSERT_MESSAGE(board ? "" : board.error().message, board.has_value());
  return board->read();
}

class ScoreboardTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ScoreboardTest);
  CPPUNIT_TEST(totals_are_those_of_all_workers);
  CPPUNIT_TEST(counts_outlive_a_killed_worker_and_go_on_in_its_place);
  CPPUNIT_TEST(levels_are_of_those_who_live);
  CPPUNIT_TEST(levels_become_one_as_their_row_says);
  CPPUNIT_TEST(requests_fall_into_their_cells);
  CPPUNIT_TEST(file_of_another_layout_is_replaced_and_not_misread);
  CPPUNIT_TEST(damaged_files_are_replaced);
  CPPUNIT_TEST(what_is_no_file_of_ours_is_refused);
  CPPUNIT_TEST(reader_refuses_what_it_does_not_understand);
  CPPUNIT_TEST(those_who_make_it_at_once_share_it);
  CPPUNIT_TEST(there_is_room_for_so_many_workers);
  CPPUNIT_TEST(threads_lose_no_count);
  CPPUNIT_TEST_SUITE_END();

  std::optional<testing::TemporaryDirectory> directory_;
  std::string path_;

 public:
  void setUp() override {
    directory_.emplace();
    path_ = *directory_ / "board";
  }
  void tearDown() override { directory_.reset(); }

  void totals_are_those_of_all_workers() {
    const Worker first(path_, [] { metrics::count(Count::login_ok, 3); });
    const Worker second(path_, [] { metrics::count(Count::login_ok, 4); });
    const auto reading = read(path_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, reading.all->of(Count::login_ok));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, reading.workers.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, reading.workers.at(1).second.of(Count::login_ok));
  }

  void counts_outlive_a_killed_worker_and_go_on_in_its_place() {
    Worker first(path_, [] { metrics::count(Count::login_ok, 3); });
    const Worker second(path_, [] { metrics::count(Count::login_ok, 4); });
    first.kill();
    auto reading = read(path_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, reading.all->of(Count::login_ok));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reading.workers.size());
    const Worker third(path_, [] { metrics::count(Count::login_ok, 10); });
    reading = read(path_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{17}, reading.all->of(Count::login_ok));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, reading.workers.size());
    CPPUNIT_ASSERT_EQUAL(1U, reading.workers.at(0).first);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{13}, reading.workers.at(0).second.of(Count::login_ok));
  }

  void levels_are_of_those_who_live() {
    const auto busy = [] { metrics::set(Level::hashes_waiting, 5); };
    Worker first(path_, busy);
    const Worker second(path_, busy);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{10}, read(path_).all->of(Level::hashes_waiting));
    first.kill();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, read(path_).all->of(Level::hashes_waiting));
    const Worker third(path_, [] {});
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, read(path_).all->of(Level::hashes_waiting));
  }

  void levels_become_one_as_their_row_says() {
    const Worker first(path_, [] {
      metrics::set(Level::database_up, 1);
      metrics::set(Level::keys_retiring, 2);
      metrics::set(Level::feed_polled, metrics::moment_now() - 60'000);
    });
    const Worker second(path_, [] {
      metrics::set(Level::database_up, 0);
      metrics::set(Level::keys_retiring, 1);
      metrics::set(Level::feed_polled, metrics::moment_now());
    });
    const auto reading = read(path_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, reading.all->of(Level::database_up));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, reading.all->of(Level::keys_retiring));
    CPPUNIT_ASSERT(reading.all->of(Level::feed_polled) >= 60'000);
    CPPUNIT_ASSERT(reading.all->of(Level::feed_polled) < 100'000);
    CPPUNIT_ASSERT(reading.all->of(Level::users_polled) < 50'000);  // since the start: it was not polled yet
  }

  void requests_fall_into_their_cells() {
    const Worker worker(path_, [] {
      metrics::answered(0, 200, 25);
      metrics::answered(0, 200, 26);
      metrics::answered(0, 418, 11'000'000);
      metrics::answered(1, 503, -1);
      metrics::answered(100'000, 404, 7);
    });
    const auto reading = read(path_);
    const auto& route = reading.all->routes[0];
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, route.statuses[0]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, route.statuses.back());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, route.buckets[2]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, route.buckets[3]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, route.buckets.back());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{11'000'051}, route.micros);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, reading.all->routes[1].buckets[0]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, reading.all->routes[1].micros);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, reading.all->routes[metrics::kRoutes - 1].requests());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, reading.all->requests());
  }

  void file_of_another_layout_is_replaced_and_not_misread() {
    const Worker old(path_, [] { metrics::count(Count::login_ok, 3); });
    const auto old_board = Scoreboard::open(path_, kRoutes);
    {
      const auto board = Scoreboard::claim(path_, kOthers);
      CPPUNIT_ASSERT(board.has_value());
      metrics::count(Count::login_ok, 5);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, board->read().all->of(Count::login_ok));
      CPPUNIT_ASSERT(!Scoreboard::open(path_, kRoutes));
    }
    // Who has the old one open goes on with it.
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, old_board->read().all->of(Count::login_ok));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, old_board->read().workers.size());
  }

  void damaged_files_are_replaced() {
    for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, std::size_t{3} << 20}) {
      std::ofstream(path_, std::ios::trunc) << std::string(size, 'x');
      const Worker worker(path_, [] { metrics::count(Count::login_ok); });
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, read(path_).all->of(Count::login_ok));
    }
    std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
    const Worker worker(path_, [] { metrics::count(Count::login_ok); });
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, read(path_).all->of(Count::login_ok));
  }

  void what_is_no_file_of_ours_is_refused() {
    CPPUNIT_ASSERT(!Scoreboard::claim(directory_->path(), kRoutes));
    CPPUNIT_ASSERT(!Scoreboard::claim(*directory_ / "nowhere/board", kRoutes));
    CPPUNIT_ASSERT(!Scoreboard::claim("/dev/null", kRoutes));
    std::filesystem::create_symlink(*directory_ / "target", path_);
    CPPUNIT_ASSERT(!Scoreboard::claim(path_, kRoutes));
    CPPUNIT_ASSERT(!std::filesystem::exists(*directory_ / "target"));
    const std::string fifo = *directory_ / "fifo";
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    CPPUNIT_ASSERT(!Scoreboard::claim(fifo, kRoutes));
    if (::geteuid() == 0) {
      const std::string foreign = *directory_ / "foreign";
      std::ofstream(foreign) << "x";
      CPPUNIT_ASSERT_EQUAL(0, ::chown(foreign.c_str(), 12345, 12345));
      const auto refused = Scoreboard::claim(foreign, kRoutes);
      CPPUNIT_ASSERT(!refused && refused.error().message.ends_with("belongs to another user"));
    }
    // Counting goes on all the same.
    metrics::count(Count::login_ok);
    CPPUNIT_ASSERT(metrics::read_own().all->of(Count::login_ok) >= 1);
  }

  void reader_refuses_what_it_does_not_understand() {
    CPPUNIT_ASSERT(!Scoreboard::open(path_, kRoutes));
    CPPUNIT_ASSERT(!std::filesystem::exists(path_));
    std::ofstream(path_) << "short";
    CPPUNIT_ASSERT(!Scoreboard::open(path_, kRoutes));
    std::ofstream(path_) << std::string(std::size_t{2} << 20, '\0');
    CPPUNIT_ASSERT(!Scoreboard::open(path_, kRoutes));
  }

  void those_who_make_it_at_once_share_it() {
    for (int round = 0; round < 20; ++round) {
      std::filesystem::remove(path_);
      if (round % 2 == 1) std::ofstream(path_) << "of another time";
      std::vector<pid_t> children;
      for (int i = 0; i < 6; ++i) {
        children.push_back(::fork());
        if (children.back() != 0) continue;
        const auto board = Scoreboard::claim(path_, kRoutes);
        if (!board) std::_Exit(1);
        metrics::count(Count::login_ok);
        std::_Exit(0);
      }
      for (const pid_t child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        CPPUNIT_ASSERT_EQUAL(0, status);
      }
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{6}, read(path_).all->of(Count::login_ok));
      CPPUNIT_ASSERT(read(path_).workers.empty());
    }
  }

  void there_is_room_for_so_many_workers() {
    std::vector<Scoreboard> boards;
    for (std::size_t i = 0; i < Scoreboard::kPlaces; ++i) {
      auto board = Scoreboard::claim(path_, kRoutes);
      CPPUNIT_ASSERT(board.has_value());
      boards.push_back(std::move(*board));
    }
    CPPUNIT_ASSERT(!Scoreboard::claim(path_, kRoutes));
    CPPUNIT_ASSERT_EQUAL(Scoreboard::kPlaces, read(path_).workers.size());
    boards.pop_back();
    CPPUNIT_ASSERT(Scoreboard::claim(path_, kRoutes));
  }

  void threads_lose_no_count() {
    const auto board = Scoreboard::claim(path_, kRoutes);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 10'000; ++i) metrics::answered(1, 200, i);
      });
    }
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{40'000}, board->read().all->routes[1].requests());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(ScoreboardTest);
