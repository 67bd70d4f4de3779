// membarrier.hpp: a memory barrier in all threads of the process, made by one of them, so that the
// others need none. (Linux: membarrier(2), private expedited; liburcu and folly build on it likewise.)
#pragma once

#include <atomic>

#include "../detail/config.hpp"

#if __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif  // then there is SYS_membarrier

namespace lockstep::inline LOCKSTEP_ABI::detail {

// What others do before it is ordered before what the caller does after it, and the reverse, as if
// each of them had executed a full fence. A few microseconds.
inline void barrier_in_all_threads() noexcept {
#ifdef SYS_membarrier
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
#endif
}

// Whether there is such a barrier. To be asked, with this answer, before the first is made.
inline bool can_barrier_in_all_threads() noexcept {
#ifdef SYS_membarrier
  static const bool can =
      ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return can;
#else
  return false;
#endif
}

// The other side's part: what comes before it is seen by whoever makes the barrier after, or what
// comes after it sees what was done before the barrier.
inline void barrier_made_by_others() noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);  // the compiler must not reorder either
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
