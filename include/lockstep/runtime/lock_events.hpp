// lock_events.hpp: what locks tell, while the hook for it is on, to whoever watches them.
//
// Off by default: then a lock tests the hooks word once when it is taken, and not at all when it is
// let go. A watcher (watch.hpp) installs its table first and turns the hook on after.
#pragma once

#include <atomic>

#include "../detail/config.hpp"
#include "task.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// How a lock is held; upgrade mode lets readers in, and keeps its like out.
enum class lock_mode : unsigned char { exclusive, upgrade, shared };

// Whether who wants a lock in one mode waits for who holds it in the other.
[[nodiscard]] constexpr bool excludes(lock_mode a, lock_mode b) noexcept {
  return a == lock_mode::exclusive || b == lock_mode::exclusive ||
         (a == lock_mode::upgrade && b == lock_mode::upgrade);
}

// What is to be said of a lock once it is free.
class late_report;

// The functions of a watcher. They are called by the task that acts, with no lock of the library's
// own held. Tables are static and never destroyed.
struct lock_watcher {
  // The task is about to wait for the lock, for as long as it takes; maybe until a context ends, if
  // not for ever. May throw.
  void (*wanted)(const visible_op&, lock_mode, bool for_ever);
  // It does not get it.
  void (*unwanted)();
  // The task has it.
  void (*acquired)(const visible_op&, lock_mode);
  // The task is about to let it go, maybe for another that took it. Null: nothing to report.
  late_report* (*released)(const void* object, lock_mode);
  // It has let it go.
  void (*report)(late_report*);
  // The lock is no more; its address may come back as another's.
  void (*destroyed)(const void* object);
};

inline constinit std::atomic<const lock_watcher*> installed_lock_watcher{nullptr};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
