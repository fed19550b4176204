#include "metrics/scoreboard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "util/descriptor.h"

namespace metrics {
namespace {

constexpr std::uint64_t kMagic = 0x6472616f62746a01;  // the last byte: of this file's order of things
constexpr int kTries = 10;

/// The first page.
struct alignas(4096) Header {
  Cell magic;
  Cell layout;
};

struct Board {
  Header header;
  std::array<Cells, Scoreboard::kPlaces> places;
};

class Hash {
 public:
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte(0xff);  // in no UTF-8: "ab", "c" is not "a", "bc"
  }
  void add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) add_byte(static_cast<unsigned char>(number >> (8 * i)));
  }
  std::uint64_t value() const { return value_; }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }  // FNV-1a
  std::uint64_t value_ = 0xcbf29ce484222325;
};

/// The same for all who mean the same by each cell.
std::uint64_t layout_of(std::span<const RouteLabel> routes) {
  Hash hash;
  hash.add(sizeof(Board));
  for (const int status : kStatuses) hash.add(static_cast<std::uint64_t>(status));
  for (const auto bound : kBounds) hash.add(bound);
  const auto add_both = [&](std::string_view first, std::string_view second) {
    hash.add(first);
    hash.add(second);
  };
  for (const auto& row : counts()) add_both(row.name, row.label);
  for (const auto& row : levels()) add_both(row.name, row.label);
  for (const auto& route : routes) add_both(route.method, route.path);
  return hash.value();
}

/// The lock of place `index` is on byte 1 + index, that of the file as a whole on byte 0.
struct flock lock_on(off_t byte, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return lock;
}
bool lock(int fd, off_t byte, bool wait) {
  struct flock wanted = lock_on(byte, F_WRLCK);
  while (::fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &wanted) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}
void unlock(int fd, off_t byte) {
  struct flock wanted = lock_on(byte, F_UNLCK);
  ::fcntl(fd, F_OFD_SETLK, &wanted);
}
/// By another than `fd` itself.
bool is_locked(int fd, off_t byte) {
  struct flock wanted = lock_on(byte, F_WRLCK);
  return ::fcntl(fd, F_OFD_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK;
}

std::string because(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

bool fits(int fd, std::uint64_t layout) {
  struct stat status {};
  std::array<std::uint64_t, 2> head{};
  return ::fstat(fd, &status) == 0 && status.st_size == sizeof(Board) &&
         ::pread(fd, head.data(), sizeof head, 0) == sizeof head && head[0] == kMagic && head[1] == layout;
}

/// All of the room at once: a page that cannot be had later would be a SIGBUS.
util::Result<void> make(int fd, const std::string& path, std::uint64_t layout) {
  const int failure = ::posix_fallocate(fd, 0, sizeof(Board));
  if (failure != 0) return util::fail(path + ": " + std::strerror(failure));
  const std::array<std::uint64_t, 2> head{kMagic, layout};
  if (::pwrite(fd, head.data(), sizeof head, 0) != sizeof head) return util::fail(because(path));
  return {};
}

util::Result<util::Descriptor> open_own(const std::string& path, std::uint64_t layout) {
  for (int i = 0; i < kTries; ++i) {
    util::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640));
    if (file.get() < 0) return util::fail(because(path));
    struct stat opened {};
    if (::fstat(file.get(), &opened) != 0 || !S_ISREG(opened.st_mode))
      return util::fail(path + " is no file");
    if (opened.st_uid != ::geteuid()) return util::fail(path + " belongs to another user");
    if (!lock(file.get(), 0, true)) return util::fail(because(path));
    struct stat named {};
    // Somebody may have put this one aside while we waited.
    if (::stat(path.c_str(), &named) != 0 || named.st_ino != opened.st_ino || named.st_dev != opened.st_dev)
      continue;
    if (::fstat(file.get(), &opened) != 0) return util::fail(because(path));
    if (opened.st_size == 0) {
      if (auto made = make(file.get(), path, layout); !made) {
        ::unlink(path.c_str());
        return util::unexpected(made.error());
      }
    }
    if (fits(file.get(), layout)) {
      unlock(file.get(), 0);
      return file;
    }
    if (::unlink(path.c_str()) != 0) return util::fail(because(path));
  }
  return util::fail(path + " is replaced again and again");
}

template <std::size_t N>
void copy(const std::array<Cell, N>& from, std::array<std::uint64_t, N>& to) {
  for (std::size_t i = 0; i < N; ++i) to[i] = from[i].load(std::memory_order_relaxed);
}

void copy(const Cells& from, Values& to) {
  to.pid = from.pid.load(std::memory_order_relaxed);
  to.started = from.started.load(std::memory_order_relaxed);
  to.seen = from.seen.load(std::memory_order_relaxed);
  copy(from.counts, to.counts);
  copy(from.levels, to.levels);
  for (std::size_t i = 0; i < kRoutes; ++i) {
    copy(from.routes[i].statuses, to.routes[i].statuses);
    copy(from.routes[i].buckets, to.routes[i].buckets);
    to.routes[i].micros = from.routes[i].micros.load(std::memory_order_relaxed);
  }
}

template <std::size_t N>
void add(const std::array<std::uint64_t, N>& from, std::array<std::uint64_t, N>& to) {
  for (std::size_t i = 0; i < N; ++i) to[i] += from[i];
}

void add_counts(const Values& from, Values& to) {
  add(from.counts, to.counts);
  for (std::size_t i = 0; i < kRoutes; ++i) {
    add(from.routes[i].statuses, to.routes[i].statuses);
    add(from.routes[i].buckets, to.routes[i].buckets);
    to.routes[i].micros += from.routes[i].micros;
  }
}

std::uint64_t merged(const LevelRow& row, const Reading& reading) {
  std::uint64_t out = 0;
  bool first = true;
  for (const auto& [place, worker] : reading.workers) {
    std::uint64_t level = worker.of(row.level);
    if (row.merge == Merge::age) level = reading.moment > level ? reading.moment - level : 0;
    switch (row.merge) {
      case Merge::sum:
        out += level;
        break;
      case Merge::least:
        out = first ? level : std::min(out, level);
        break;
      case Merge::most:
      case Merge::age:
        out = std::max(out, level);
    }
    first = false;
  }
  return out;
}

void merge_levels(Reading& reading) {
  for (const auto& row : levels())
    reading.all->levels[static_cast<std::size_t>(row.level)] = merged(row, reading);
}

}  // namespace

std::uint64_t Values::Route::requests() const noexcept {
  std::uint64_t sum = 0;
  for (const auto bucket : buckets) sum += bucket;
  return sum;
}

std::uint64_t Values::requests() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& route : routes) sum += route.requests();
  return sum;
}

struct Scoreboard::Impl {
  util::Descriptor file;
  Board* board = nullptr;
  std::optional<std::size_t> mine;

  ~Impl() {
    if (mine) here.store(&private_cells, std::memory_order_release);
    if (board != nullptr) ::munmap(board, sizeof(Board));
  }

  util::Result<void> map(const std::string& path, int protection) {
    void* const memory = ::mmap(nullptr, sizeof(Board), protection, MAP_SHARED, file.get(), 0);
    if (memory == MAP_FAILED) return util::fail(because(path));
    board = static_cast<Board*>(memory);
    return {};
  }
  bool lives(std::size_t place) const {
    return place == mine || is_locked(file.get(), static_cast<off_t>(1 + place));
  }
};

Scoreboard::Scoreboard(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Scoreboard::Scoreboard(Scoreboard&&) noexcept = default;
Scoreboard::~Scoreboard() = default;

util::Result<Scoreboard> Scoreboard::claim(const std::string& path, std::span<const RouteLabel> routes) {
  auto impl = std::make_unique<Impl>();
  auto file = open_own(path, layout_of(routes));
  if (!file) return util::unexpected(file.error());
  impl->file = std::move(*file);
  if (auto mapped = impl->map(path, PROT_READ | PROT_WRITE); !mapped) return util::unexpected(mapped.error());
  for (std::size_t place = 0; place < kPlaces && !impl->mine; ++place) {
    if (lock(impl->file.get(), static_cast<off_t>(1 + place), false)) impl->mine = place;
  }
  if (!impl->mine)
    return util::fail(path + " has room for " + std::to_string(kPlaces) + " workers, and all are there");
  Cells& cells = impl->board->places[*impl->mine];
  for (const auto& row : levels()) {  // what was not polled yet is as old as the worker
    cells.levels[static_cast<std::size_t>(row.level)].store(row.merge == Merge::age ? moment_now() : 0);
  }
  cells.started.store(
      static_cast<std::uint64_t>(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  cells.seen.store(moment_now());
  cells.pid.store(static_cast<std::uint64_t>(::getpid()));
  here.store(&cells, std::memory_order_release);
  return Scoreboard(std::move(impl));
}

util::Result<Scoreboard> Scoreboard::open(const std::string& path, std::span<const RouteLabel> routes) {
  auto impl = std::make_unique<Impl>();
  impl->file = util::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (impl->file.get() < 0) return util::fail(because(path));
  if (!fits(impl->file.get(), layout_of(routes)))
    return util::fail(path + " is not a scoreboard of this version");
  if (auto mapped = impl->map(path, PROT_READ); !mapped) return util::unexpected(mapped.error());
  return Scoreboard(std::move(impl));
}

Reading Scoreboard::read() const {
  Reading reading{moment_now(), std::make_unique<Values>(), {}};
  auto values = std::make_unique<Values>();
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const Cells& place = impl_->board->places[i];
    if (place.pid.load(std::memory_order_relaxed) == 0) continue;
    copy(place, *values);
    add_counts(*values, *reading.all);
    if (impl_->lives(i)) reading.workers.emplace_back(static_cast<unsigned>(i + 1), *values);
  }
  merge_levels(reading);
  return reading;
}

Values own_values() {
  Values values;
  copy(cells(), values);
  return values;
}

Reading read_own() {
  Reading reading{moment_now(), std::make_unique<Values>(own_values()), {}};
  reading.workers.emplace_back(1U, *reading.all);
  merge_levels(reading);
  return reading;
}

}  // namespace metrics
