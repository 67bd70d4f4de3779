// commons.hpp: what the workers of one pool share: fibers that came from outside, deadlines, and who
// sleeps.
#pragma once

#include <atomic>
#include <cstdint>

#include "../../clock.hpp"
#include "../../detail/config.hpp"
#include "../futex.hpp"
#include "../short_lock.hpp"
#include "../timer_heap.hpp"
#include "fiber.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The word of a fiber's parker: nothing, a permit, a deadline that passed before the fiber's stack
// was left, or the fiber that waits; marked, if nothing but the permit can end the wait any more.
enum : std::uintptr_t { parked_none = 0, parked_permit = 1, parked_expired = 2, parked_surely = 1 };
static_assert(alignof(fiber) > parked_expired);

// The deadline of a wait. Lives in the frame of the wait.
struct fiber_timer : heap_timer {
  std::atomic<std::uintptr_t>* word = nullptr;
};

// A worker that may sleep, as the others see it.
struct fiber_sleeper {
  std::atomic<std::uint32_t> bed{permit_idle};
  fiber_sleeper* next = nullptr;  // of those who sleep
  bool listed = false;
};

class fiber_commons {
 public:
  explicit fiber_commons(bool many_workers) noexcept : many_workers_{many_workers} {}

  // Queues f from outside, and wakes a worker if one sleeps. Any thread.
  void inject(fiber& f) noexcept {
    fiber_sleeper* woken = nullptr;
    {
      const lock_scope hold{lock_};
      injected_.push(f);
      any_injected_.store(true, std::memory_order_relaxed);
      woken = pop_sleeper();
    }
    wake(woken);
  }
  // Whether anything came from outside; soon, if it was just now.
  [[nodiscard]] bool has_injected() const noexcept {
    return any_injected_.load(std::memory_order_relaxed);
  }
  // Moves what came from outside to `to`.
  void collect(fiber_list& to) noexcept {
    if (!has_injected()) return;
    const lock_scope hold{lock_};
    to.append(injected_);
    any_injected_.store(false, std::memory_order_relaxed);
  }

  // Adds the deadline of a wait on `t.word`. Throws std::bad_alloc.
  void add(fiber_timer& t, time_point at) {
    bool sooner = false;
    {
      const lock_scope hold{timers_lock_};
      sooner = at < timers_.earliest();
      timers_.insert(t, at);
      if (sooner) earliest_.store(at, std::memory_order_relaxed);
    }
    if (sooner && many_workers_) wake_one();  // who sleeps means to sleep longer
  }
  void remove(fiber_timer& t) noexcept {
    const lock_scope hold{timers_lock_};
    timers_.erase(t);
    earliest_.store(timers_.earliest(), std::memory_order_relaxed);
  }
  // Ends the waits whose deadlines have passed; moves their fibers to `to`.
  void expire(fiber_list& to) noexcept {
    if (earliest_.load(std::memory_order_relaxed) == never) return;
    const time_point now = std::chrono::steady_clock::now();
    if (now < earliest_.load(std::memory_order_relaxed)) return;
    const lock_scope hold{timers_lock_};
    while (timers_.earliest() <= now) {
      // Its frame stays: the fiber takes this lock before it leaves the wait.
      if (fiber* const f = expire(*static_cast<fiber_timer&>(timers_.pop()).word)) to.push(*f);
    }
    earliest_.store(timers_.earliest(), std::memory_order_relaxed);
  }

  // Wakes a sleeping worker, unless one is looking for work already. Call after pushing to a queue
  // that is shared: whoever looked into it before under its lock, and then sleeps, is seen here.
  // Sequentially consistent, as falling asleep and end_search are: a worker that somebody saw here is
  // seen by the last one to search, too, on whom that one relied.
  void call_help() noexcept {
    if (sleeping_.load(std::memory_order_seq_cst) == 0) return;
    if (searching_.load(std::memory_order_seq_cst) == 0) wake_one();
  }
  // Around a worker's search. end_search returns whether it was the last one to search; if so, and it
  // goes on to run something, it has to call help.
  void begin_search() noexcept { searching_.fetch_add(1, std::memory_order_relaxed); }
  bool end_search() noexcept { return searching_.fetch_sub(1, std::memory_order_seq_cst) == 1; }

  // Blocks the worker until there may be something to do. has_work() looks for what is not kept
  // here, after the worker can be seen to sleep. Ends in a search.
  template <class HasWork>
  void fall_asleep(fiber_sleeper& me, HasWork has_work) noexcept {
    {
      const lock_scope hold{lock_};
      if (!injected_.empty()) return begin_search();
      me.listed = true;
      me.next = sleepers_;
      sleepers_ = &me;
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
    }
    time_point until = never;
    {
      const lock_scope hold{timers_lock_};
      until = timers_.earliest();
    }
    if (!has_work() && permit_take(me.bed, until)) return;
    if (unlist(me)) return begin_search();
    permit_take(me.bed, never);  // somebody took it off the list: the permit is on the way
  }

  // Wakes everybody who sleeps now, once.
  void wake_all() noexcept {
    fiber_sleeper* woken = nullptr;
    {
      const lock_scope hold{lock_};
      while (fiber_sleeper* const s = pop_sleeper()) {
        s->next = woken;
        woken = s;
      }
    }
    while (woken != nullptr) {
      fiber_sleeper* const following = woken->next;
      wake(woken);
      woken = following;
    }
  }

 private:
  // The fiber whose wait ends, if it waits.
  static fiber* expire(std::atomic<std::uintptr_t>& word) noexcept {
    std::uintptr_t state = word.load(std::memory_order_relaxed);
    for (;;) {
      if (state == parked_permit) return nullptr;
      const std::uintptr_t after = state == parked_none ? parked_expired : parked_none;
      // Acquire: pairs with the release by which the fiber got there. See also fiber_take.
      if (word.compare_exchange_weak(state, after, std::memory_order_acquire)) {
        return state == parked_none ? nullptr : reinterpret_cast<fiber*>(state);
      }
    }
  }

  fiber_sleeper* pop_sleeper() noexcept {
    fiber_sleeper* const s = sleepers_;
    if (s == nullptr) return nullptr;
    sleepers_ = s->next;
    s->listed = false;
    sleeping_.fetch_sub(1, std::memory_order_relaxed);
    begin_search();  // on its behalf, so that nobody else is called
    return s;
  }
  static void wake(fiber_sleeper* s) noexcept {
    if (s != nullptr) permit_post(s->bed);
  }
  LOCKSTEP_COLD void wake_one() noexcept {
    fiber_sleeper* s = nullptr;
    {
      const lock_scope hold{lock_};
      s = pop_sleeper();
    }
    wake(s);
  }
  bool unlist(fiber_sleeper& me) noexcept {
    const lock_scope hold{lock_};
    if (!me.listed) return false;
    fiber_sleeper** at = &sleepers_;
    while (*at != &me) at = &(*at)->next;
    *at = me.next;
    me.listed = false;
    sleeping_.fetch_sub(1, std::memory_order_relaxed);
    return true;
  }

  const bool many_workers_;
  short_lock lock_;
  fiber_list injected_;
  fiber_sleeper* sleepers_ = nullptr;
  std::atomic<bool> any_injected_{false};
  std::atomic<int> sleeping_{0};
  std::atomic<int> searching_{0};

  short_lock timers_lock_;
  timer_heap timers_;
  std::atomic<time_point> earliest_{never};
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
