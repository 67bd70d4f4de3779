// watched_lock.hpp: how a lock connects to whoever watches locks.
//
// While anybody listens, a lock takes the way round: taken() around acquiring, given_up() around
// releasing. They add nothing on runtimes without hooks.
#pragma once

#include "../runtime/any.hpp"
#include "../runtime/lock_events.hpp"
#include "../status.hpp"
#include "blocking.hpp"
#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The table of the watcher, or null if locks are not watched on R.
template <class R>
const lock_watcher* watcher_of_locks() noexcept {
  if constexpr (requires { R::locks_watched(); }) {
    // Acquire: pairs with the watcher's installing its table.
    if (R::locks_watched()) return installed_lock_watcher.load(std::memory_order_acquire);
  }
  return nullptr;
}

// Acquires through take(watched), which returns ok or why not, and tells the watcher. What was
// watched when it was taken has to come to given_up() when it is released.
template <class R, class Take>
status taken(const visible_op& op, lock_mode mode, const limit& lim, Take take) {
  const lock_watcher* const watcher = watcher_of_locks<R>();
  if (watcher == nullptr) return take(false);
  struct wish {
    const lock_watcher* watcher = nullptr;
    ~wish() {
      if (watcher != nullptr) watcher->unwanted();
    }
  } wished;
  if (!lim.poll && lim.deadline == never) {  // else it is no part of a deadlock
    watcher->wanted(op, mode, lim.ctx == nullptr);
    wished.watcher = watcher;
  }
  const status s = take(true);
  if (s == status::ok) {
    watcher->acquired(op, mode);
    wished.watcher = nullptr;
  }
  return s;
}

// Releases through release(), and tells the watcher. The lock may be gone before this returns.
template <class R, class Release>
void given_up(const void* lock, lock_mode mode, Release release) {
  const lock_watcher* const watcher = watcher_of_locks<R>();
  late_report* const late = watcher != nullptr ? watcher->released(lock, mode) : nullptr;
  release();
  if (late != nullptr) watcher->report(late);
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
