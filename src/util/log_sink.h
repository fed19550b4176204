// Where log lines are gathered and from where they are written; inside util only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

namespace util::log {

/// Two fixed buffers: while batching, callers copy whole lines into one under a short lock, while the other
/// is being written. No caller ever waits for the descriptor. When it does not take the lines fast enough, or
/// refuses them, lines are dropped and counted, and the count is told as soon as a line goes through.
class Sink {
 public:
  static constexpr std::size_t kCapacity = std::size_t{1} << 20;
  static constexpr std::size_t kFlushAt = std::size_t{64} << 10;
  static constexpr std::chrono::milliseconds kInterval{200};
  static constexpr std::chrono::milliseconds kPatience{1000};

  /// Makes the line that tells of `lines` dropped ones; returns its size.
  using DroppedLine = std::size_t (*)(char* out, std::size_t size, std::uint64_t lines);

  enum class Framing {
    lines,
    entries,  // lines up to an empty one, each sent as a datagram of its own; `fd` is the sink's to close
  };

  Sink(int fd, DroppedLine dropped_line, Framing framing = Framing::lines);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// Starts the thread that writes. Before it and after stop(), put() writes each line itself.
  void batch();
  void stop() noexcept;
  /// `line` ends in a newline, an entry in two. `now`: try to write it before returning, without waiting.
  void put(std::string_view line, bool now) noexcept;
  /// Writes what is gathered; gives up when the descriptor takes nothing for kPatience.
  void flush() noexcept;

 private:
  enum class Written { all, blocked, refused };

  void run() noexcept;
  Written drain(std::chrono::milliseconds patience) noexcept;         // under writing_
  bool refill() noexcept;                                             // under writing_
  Written write_out(std::chrono::milliseconds patience) noexcept;     // under writing_
  Written send_entries(std::chrono::milliseconds patience) noexcept;  // under writing_
  void discard() noexcept;                                            // under writing_

  const int fd_;
  const Framing framing_;
  const DroppedLine dropped_line_;
  bool socket_ = false;
  bool regular_ = false;

  std::mutex gathering_;
  std::condition_variable wake_;
  std::unique_ptr<char[]> gathered_;  // under gathering_, as the next five
  std::size_t gathered_size_ = 0;
  std::uint64_t dropped_ = 0;
  bool urgent_ = false;
  bool batching_ = false;

  std::mutex writing_;  // taken before gathering_
  std::unique_ptr<char[]> leaving_;
  std::size_t leaving_size_ = 0;
  std::size_t written_ = 0;
  std::uint64_t told_ = 0;  // what the note at the end of leaving_ says
  bool torn_ = false;       // the last line that went out lacks its end

  std::thread flusher_;
};

}  // namespace util::log
