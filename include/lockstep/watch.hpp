// watch.hpp: finds locks that are taken in orders which may end in a deadlock, without one.
//
//   lockstep::lock_watch watch;                    // reports go to stderr
//
// While a watch lives, it knows which locks each task holds, and which lock was wanted while which
// was held. As soon as such pairs close a circle, of two locks or of many, the tasks that took them
// might wait for each other one day: that is reported once, with every task and line that has a
// part in it. A task that waits for a lock which it holds itself is reported before it blocks.
//
// No circle: locks taken below a common lock that keeps the tasks apart; those that all share; and
// what cannot wait for ever (try_lock and its timed forms, a select among several cases), though
// locks taken so are held like any other.
//
// Sees locks on `any`. Tasks may be of any runtime, or threads that the library did not start.
// Several watches may live at once. Without one, locks pay nothing for this.
// Cost: half a microsecond to lock and unlock, of all tasks one after the other; two microseconds
// through std::lock_guard, whose caller is found by unwinding the stack (see guards.hpp).
#pragma once

#include <memory>
#include <utility>

#include "detail/config.hpp"
#include "detail/lock_registry.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

class [[nodiscard]] lock_watch {
 public:
  explicit lock_watch(lock_watch_options options = {})
      : listener_{detail::lock_registry::instance().add(std::move(options))} {}
  lock_watch(const lock_watch&) = delete;
  lock_watch& operator=(const lock_watch&) = delete;
  // Waits for a report that is being made.
  ~lock_watch() { detail::lock_registry::instance().remove(listener_); }

 private:
  // On before the first lock is noted and off after the last is forgotten: a task that saw the hook
  // off when it released a lock did not leave it behind in anybody's notes.
  detail::hook_scope on_{detail::hook_observe + detail::hook_locks};
  std::shared_ptr<detail::lock_listener> listener_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI
