// slab.hpp: stacks for tasks that are not threads, by the hundred thousand.
//
// A slab hands out stacks of one size. Address space is reserved in growing chunks, memory is
// committed by the system when a stack is first touched, page by page; stacks given back are handed
// out again, the last one first, while their memory is warm. Nothing is returned to the system
// before the slab is destroyed.
//
// Below each stack lies a page that is never used. A stack that overflows into it stops the process
// with SIGSEGV: where the kernel has guard regions (Linux 6.13) they cost no mapping; elsewhere the
// page is protected, while the process has mappings to spare (two a stack, of 65,530). Stacks beyond
// that are watched: has_overflowed() tells whether the lowest bytes were written to.
//
// Thread-safe. Cost: give and repeated take, one short lock; the first take of a stack, one or two
// system calls.
#pragma once

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "../../detail/config.hpp"
#include "../../error.hpp"
#include "../short_lock.hpp"

#if LOCKSTEP_ASAN
#include <sanitizer/lsan_interface.h>
#endif

namespace lockstep::inline LOCKSTEP_ABI::detail {

// How the page below a stack is guarded.
enum class stack_guard { region, page, watched };

class stack_slab {
 public:
  // What stacks of about this size really have: whole pages, and more under sanitizers, whose code
  // needs it.
  static std::size_t rounded(std::size_t bytes) noexcept {
    if (sanitized && bytes < least_sanitized) bytes = least_sanitized;
    const std::size_t page = page_bytes();
    return bytes < page ? page : (bytes + page - 1) / page * page;
  }

  explicit stack_slab(std::size_t stack_bytes) noexcept : bytes_{rounded(stack_bytes)} {}
  // As if the kernel had no guard regions: `pages` stacks are protected, the rest are watched.
  stack_slab(std::size_t stack_bytes, std::int64_t pages) noexcept
      : bytes_{rounded(stack_bytes)}, regions_{false}, pages_{pages} {}
  stack_slab(const stack_slab&) = delete;
  stack_slab& operator=(const stack_slab&) = delete;
  // Stacks that were not given back go as well.
  ~stack_slab() {
    while (chunks_ != nullptr) {
      const chunk gone = *chunks_;
      char* const first = reinterpret_cast<char*>(chunks_) + page_;
      for (char* s = first; s < carve_; s += page_ + bytes_) forget(s + page_);
      ::munmap(chunks_, gone.bytes);
      chunks_ = gone.before;
      carve_ = chunks_ != nullptr ? reinterpret_cast<char*>(chunks_) + chunks_->bytes : nullptr;
    }
    protected_pages.fetch_sub(protected_here_, std::memory_order_relaxed);
  }

  // Bytes of a stack.
  [[nodiscard]] std::size_t stack_bytes() const noexcept { return bytes_; }

  // The top of a stack: its highest address, at the end of a page. What the stack holds is
  // unspecified. Throws error{unavailable} when the system has no memory to give.
  [[nodiscard]] char* take() {
    const lock_scope hold{lock_};
    if (char* const top = free_; top != nullptr) {
      std::memcpy(&free_, top - sizeof free_, sizeof free_);
      return top;
    }
    if (carve_ == carve_end_) reserve();
    if (carve_ == guarded_) guard_next();
    announce(carve_ + page_);
    return carve_ += page_ + bytes_;
  }

  // Takes a stack back. It must not be in use, nor be the one that the caller runs on.
  void give(char* top) noexcept {
    const lock_scope hold{lock_};
    std::memcpy(top - sizeof free_, &free_, sizeof free_);
    free_ = top;
  }

  // How many bytes at the top of the next stack are better left alone: less than 1 KiB, and none of
  // stacks below 16. Tops lie on pages, and so all in the same lines of a cache, where a hundred stacks
  // would have room if they were spread. (Only for the first few hundred: of more the caches hold few,
  // and a page is to be enough for each.)
  [[nodiscard]] std::size_t next_colour() noexcept {
    const std::size_t n = coloured_.load(std::memory_order_relaxed);
    if (n == most_coloured || bytes_ < 4 * page_) return 0;
    coloured_.store(n + 1, std::memory_order_relaxed);
    return n % colours * 64;
  }

  // Whether the lowest bytes of the stack were written to. Always false while no stack of this slab
  // is watched. (Reading untouched memory commits none.)
  [[nodiscard]] bool has_overflowed(const char* top) const noexcept {
    if (!watched_.load(std::memory_order_relaxed)) return false;
    static constexpr char untouched[watched_bytes] = {};
    return std::memcmp(top - bytes_, untouched, watched_bytes) != 0;
  }

  // How the stack carved last is guarded.
  [[nodiscard]] stack_guard guard() const noexcept {
    if (watched_.load(std::memory_order_relaxed)) return stack_guard::watched;
    return regions_ ? stack_guard::region : stack_guard::page;
  }

 private:
#if LOCKSTEP_TSAN || LOCKSTEP_ASAN
  static constexpr bool sanitized = true;
#else
  static constexpr bool sanitized = false;
#endif
  static constexpr std::size_t least_sanitized = std::size_t{256} << 10U;
  static std::size_t page_bytes() noexcept {
    return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }
  static constexpr std::size_t watched_bytes = 64;
  static constexpr std::size_t first_chunk = 16;  // stacks
  static constexpr std::size_t largest_chunk = 4096;
  static constexpr std::size_t colours = 16;
  static constexpr std::size_t most_coloured = 512;    // stacks
  static constexpr std::size_t many_stacks = 1024;     // there will be more
  static constexpr std::size_t at_once = 64;           // stacks, when there are many
  static constexpr std::int64_t protectable = 16'000;  // pages, of the whole process

  static inline constinit std::atomic<std::int64_t> protected_pages{0};

  // At the beginning of each reserved range.
  struct chunk {
    chunk* before;
    std::size_t bytes;
  };

  void reserve() {
    const std::size_t bytes = page_ + chunk_stacks_ * (page_ + bytes_);
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) [[unlikely]] {
      raise(status::unavailable, "the system has no memory for another stack");
    }
    ::madvise(memory, bytes, MADV_NOHUGEPAGE);  // else the first touch commits 2 MiB
    chunks_ = ::new (memory) chunk{chunks_, bytes};
    carve_ = static_cast<char*>(memory) + page_;
    carve_end_ = static_cast<char*>(memory) + bytes;
    guarded_ = carve_;
    if (chunk_stacks_ < largest_chunk) chunk_stacks_ *= 2;
  }

  // For the leak sanitizer: what is referred to from a stack is not lost.
  void announce([[maybe_unused]] char* lowest) const noexcept {
#if LOCKSTEP_ASAN
    __lsan_register_root_region(lowest, bytes_);
#endif
  }
  void forget([[maybe_unused]] char* lowest) const noexcept {
#if LOCKSTEP_ASAN
    __lsan_unregister_root_region(lowest, bytes_);
#endif
  }

  void guard_next() noexcept {
    const std::size_t stride = page_ + bytes_;
    std::size_t count = static_cast<std::size_t>(carve_end_ - carve_) / stride;
    if (count > at_once) count = at_once;
    if (chunk_stacks_ < many_stacks || !guard_many(count)) {
      guard_page(carve_);
      count = 1;
    }
    guarded_ = carve_ + count * stride;
  }
  // Guards the next stacks in one call, and commits their first pages in another.
  bool guard_many(std::size_t count) noexcept {
    constexpr int populate_write = 23;  // MADV_POPULATE_WRITE
    if (!regions_ || !batches_) return false;
    batches_ = advise(count, 0, guard_install);
    if (batches_) advise(count, bytes_, populate_write);
    return batches_;
  }
  // Advises a page of each of the next stacks, so far above the guard. False where a process may not
  // advise itself so (it may on newer kernels than those with guard regions).
  bool advise(std::size_t count, std::size_t above, int advice) noexcept {
#ifdef SYS_process_madvise
    constexpr int self = -10'000;  // PIDFD_SELF_THREAD
    for (std::size_t i = 0; i < count; ++i) {
      ranges_[i] = {carve_ + i * (page_ + bytes_) + above, page_};
    }
    const long done = ::syscall(SYS_process_madvise, self, ranges_, count, advice, 0);
    return done == static_cast<long>(count * page_);
#else
    return static_cast<void>(count), static_cast<void>(above), static_cast<void>(advice), false;
#endif
  }

  static constexpr int guard_install = 102;  // MADV_GUARD_INSTALL
  void guard_page(char* at) noexcept {
    if (regions_) {
      if (::madvise(at, page_, guard_install) == 0) return;
      regions_ = false;
    }
    if (protected_pages.fetch_add(1, std::memory_order_relaxed) < pages_ &&
        ::mprotect(at, page_, PROT_NONE) == 0) {
      ++protected_here_;
      return;
    }
    protected_pages.fetch_sub(1, std::memory_order_relaxed);
    watched_.store(true, std::memory_order_relaxed);
  }

  const std::size_t page_ = page_bytes();
  const std::size_t bytes_;
  short_lock lock_;
  char* free_ = nullptr;  // the top of the stack given back last, which holds the next one's
  char* carve_ = nullptr;
  char* carve_end_ = nullptr;
  char* guarded_ = nullptr;  // up to here
  chunk* chunks_ = nullptr;
  std::size_t chunk_stacks_ = first_chunk;
  bool regions_ = true;
  bool batches_ = true;
  std::atomic<std::size_t> coloured_{0};
  ::iovec ranges_[at_once];
  std::int64_t pages_ = protectable;
  std::int64_t protected_here_ = 0;
  std::atomic<bool> watched_{false};
};

// Slabs for stacks of the default size and, when asked for, of larger ones.
class stack_shelf {
 public:
  explicit stack_shelf(std::size_t default_bytes) noexcept : default_{default_bytes} {}
  stack_shelf(const stack_shelf&) = delete;
  stack_shelf& operator=(const stack_shelf&) = delete;
  ~stack_shelf() {
    for (stack_slab* const s : larger_) delete s;
  }

  [[nodiscard]] stack_slab& standard() noexcept { return default_; }

  // Stacks of at least so many bytes. Throws error{unavailable}.
  [[nodiscard]] stack_slab& at_least(std::size_t bytes) {
    if (bytes <= default_.stack_bytes()) [[likely]]
      return default_;
    if (bytes > largest) raise(status::unavailable, "a stack of more than 1 GiB is asked for");
    const auto power = static_cast<std::size_t>(std::bit_width(bytes - 1));
    const lock_scope hold{lock_};
    stack_slab*& s = larger_[power];
    if (s == nullptr) s = new stack_slab{std::size_t{1} << power};
    return *s;
  }

 private:
  static constexpr std::size_t largest = std::size_t{1} << 30U;

  stack_slab default_;
  short_lock lock_;
  stack_slab* larger_[31] = {};  // by the power of two
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
