#include "failing_malloc.h"

#include <link.h>
#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace failing_malloc {
namespace {

/// Atomic for the form that other threads share; of one's own it costs nothing that matters.
struct Plan {
  std::atomic<bool> armed{false};
  std::atomic<std::size_t> nth{0};
  std::atomic<std::size_t> seen{0};
  std::atomic<std::size_t> failed{0};
  std::atomic<bool> all_behind{false};

  void arm(std::size_t first, Failing failing) noexcept {
    nth = first;
    seen = failed = 0;
    all_behind = failing == Failing::all_behind;
    armed = true;
  }
  std::size_t disarm() noexcept {
    armed = false;
    return failed;
  }
  bool fails() noexcept {
    if (!armed.load(std::memory_order_relaxed)) return false;
    const std::size_t now = ++seen;
    if (now != nth && !(all_behind && now > nth)) return false;
    ++failed;
    return true;
  }
};

constinit thread_local Plan own;
constinit Plan others;
constinit thread_local bool is_the_callers = false;

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};
constinit Range libfcgi;

int find_libfcgi(dl_phdr_info* info, std::size_t, void*) {
  if (std::strstr(info->dlpi_name, "libfcgi") == nullptr) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
      libfcgi = {info->dlpi_addr + segment.p_vaddr, info->dlpi_addr + segment.p_vaddr + segment.p_memsz};
    }
  }
  return 1;
}

bool fails(const void* caller) noexcept {
  bool now = own.fails();
  if (!now && others.armed.load(std::memory_order_relaxed) && !is_the_callers) {
    const auto address = reinterpret_cast<std::uintptr_t>(caller);
    now = (address < libfcgi.begin || address >= libfcgi.end) && others.fails();
  }
  if (now) errno = ENOMEM;
  return now;
}

}  // namespace

void arm(std::size_t nth, Failing failing) noexcept {
  own.arm(nth, failing);
}
std::size_t disarm() noexcept {
  return own.disarm();
}

void arm_others(std::size_t nth, Failing failing) noexcept {
  if (libfcgi.end == 0) dl_iterate_phdr(find_libfcgi, nullptr);
  is_the_callers = true;
  others.arm(nth, failing);
}
std::size_t disarm_others() noexcept {
  return others.disarm();
}

std::size_t held() noexcept {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace failing_malloc

using failing_malloc::fails;

extern "C" {

void* malloc(std::size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  return size != 0 && fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(block, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  if (fails(__builtin_return_address(0))) return ENOMEM;
  *block = __libc_memalign(alignment, size);
  return *block != nullptr ? 0 : ENOMEM;
}

}  // extern "C"
