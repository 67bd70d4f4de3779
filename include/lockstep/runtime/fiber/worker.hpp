// worker.hpp: a thread that runs fibers, one after the other.
//
// A fiber that cannot go on picks the next one and switches to it directly, on its own; the thread's
// own stack is switched to only when there is none, to look around and to sleep.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../../clock.hpp"
#include "../../contract.hpp"
#include "../../detail/config.hpp"
#include "../futex.hpp"
#include "../task.hpp"
#include "commons.hpp"
#include "fiber.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class worker;

// The worker that this thread is.
LOCKSTEP_TLS worker* thread_worker = nullptr;
LOCKSTEP_ASKS_THREAD inline worker* this_worker() noexcept { return thread_worker; }

class worker : flow_thread {
 public:
  // `peers`: the workers of a pool, this one included. Complete when the first of them runs.
  worker(fiber_commons& home, stack_shelf& stacks, const std::vector<worker*>& peers, bool alone)
      : home_{home}, stacks_{stacks}, peers_{peers}, alone_{alone}, ready_{!alone} {}
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  ~worker() {
    while (fiber* const f = spares_.pop()) stacked_flow::dispose(f);
  }

  [[nodiscard]] fiber_commons& home() noexcept { return home_; }
  // The fiber that runs; null on the thread's own stack.
  [[nodiscard]] fiber* current() noexcept { return current_; }
  // Fibers that this worker started, and saw the end of. Any thread.
  [[nodiscard]] std::uint64_t started() const noexcept {
    return started_.load(std::memory_order_relaxed);
  }
  // Acquire: what fibers did before they ended is seen, the start of others above all.
  [[nodiscard]] std::uint64_t ended() const noexcept {
    return ended_.load(std::memory_order_acquire);
  }

  // Runs fibers on the calling thread until stop(), which is asked when there is nothing to run.
  template <class Stop>
  void run(Stop stop) noexcept {
    thread_worker = this;
    if (alone_ && can_barrier_in_all_threads()) thread_bias = short_lock::new_bias();
    adopt_thread(*this, thread_);
    home_.begin_search();
    for (bool searching = true;;) {
      fiber* f = pick();
      if (f == nullptr) {
        if (!searching) home_.begin_search();
        searching = true;
        f = steal();
      }
      if (f != nullptr) {
        if (searching && home_.end_search()) call_help();
        searching = false;
        departure d{&thread_, this, [](departure&) noexcept {}};
        go_on_with(f, d);
        continue;
      }
      home_.end_search();
      if (stop()) break;
      home_.fall_asleep(sleeper_, [&] { return anybody_has_work() || stop(); });
    }
    thread_worker = nullptr;
    thread_bias = 0;
  }

  // Makes a fiber for the task. Any thread. Throws error{unavailable}.
  static fiber& make(task_closure* code, stack_slab& slab, fiber_commons& home) {
    auto* const f = stacked_flow::make<fiber>(slab, &worker::begin_fiber);
    f->code = code;
    f->home = &home;
    return *f;
  }

  // What follows is for the fiber that runs on this worker.

  // Starts a fiber for the task. Throws error{unavailable}.
  void start(task_closure* code, std::size_t stack_bytes) {
    stack_slab& slab = stacks_.at_least(stack_bytes);
    fiber* f = &slab == &stacks_.standard() ? spares_.pop() : nullptr;
    if (f != nullptr) {
      --spare_count_;
      f->code = code;
    } else {
      f = &make(code, slab, home_);
    }
    add_one(started_);
    ready_.push(*f);
    call_help();
  }

  // Lets f, which is of this pool, run next.
  void wake(fiber& f) noexcept {
    ready_.push_next(f);
    call_help();
  }

  // Blocks until the word holds a permit, or a deadline has expired.
  void wait(std::atomic<std::uintptr_t>& word) noexcept {
    struct waiting : departure {
      fiber* self;
      std::atomic<std::uintptr_t>* word;
    };
    waiting d{{&current_->stack, this,
               [](departure& left) noexcept {
                 fiber& self = *static_cast<waiting&>(left).self;
                 std::uintptr_t none = parked_none;
                 // Release: who takes the fiber out of the word may resume it, and sees where. It
                 // may have done so when this returns: `left` is gone then.
                 if (!static_cast<waiting&>(left).word->compare_exchange_strong(
                         none, reinterpret_cast<std::uintptr_t>(&self), std::memory_order_release,
                         std::memory_order_relaxed)) {
                   static_cast<worker*>(left.on)->wake(self);
                 }
               }},
              current_,
              &word};
    leave(d);
  }

  // Blocks until resumed by one who got the fiber from `word`, where it can be seen by those who lock
  // `held`, which the fiber holds. Returns unlocked.
  void wait_releasing(std::atomic<std::uintptr_t>& word, short_lock& held) noexcept {
    struct releasing : departure {
      short_lock* held;
    };
    word.store(reinterpret_cast<std::uintptr_t>(current_) | parked_surely,
               std::memory_order_relaxed);
    releasing d{
        {&current_->stack, this,
         [](departure& left) noexcept { static_cast<releasing&>(left).held->unlock_biased(); }},
        &held};
    leave(d);
  }

  // Lets the other fibers that can run do so.
  void yield() noexcept {
    struct yielding : departure {
      fiber* self;
    };
    fiber* const other = pick();
    if (other == nullptr) return static_cast<void>(::sched_yield());
    yielding d{{&current_->stack, this,
                [](departure& left) noexcept {
                  auto& on = static_cast<worker&>(*left.on);
                  on.ready_.push(*static_cast<yielding&>(left).self);
                  on.call_help();  // while the queue lacked it, the others may have gone to sleep
                }},
               current_};
    go_on_with(other, d);
  }

 private:
  static constexpr unsigned look_every = 61;  // turns (Go's schedtick)
  static constexpr std::size_t most_spares = 256;

  // The next fiber to run here; now and then one that was not waiting here.
  fiber* pick() noexcept {
    if (++turn_ % look_every == 0) [[unlikely]]
      look();
    fiber* const f = ready_.pop();
    if (f != nullptr) [[likely]]
      return f;
    return look() ? ready_.pop() : nullptr;
  }
  // Fetches what came from outside and what has expired.
  LOCKSTEP_COLD bool look() noexcept {
    fiber_list found;
    home_.collect(found);
    home_.expire(found);
    if (found.empty()) return false;
    while (fiber* const f = found.pop()) ready_.push(*f);
    call_help();
    return true;
  }

  // Fetches half of another worker's queue. What is to run next there is left alone, unless that
  // worker does not get round to it.
  LOCKSTEP_COLD fiber* steal() noexcept {
    if (alone_) return nullptr;
    seen_.resize(peers_.size());
    fiber_list loot;
    for (std::size_t i = 0; i < peers_.size() && loot.empty(); ++i) {
      if (peers_[i] == this) continue;
      seen_[i] = peers_[i]->ready_.pops();
      peers_[i]->ready_.steal(loot);
    }
    if (loot.empty() && !spin_until([this] { return home_.has_injected(); })) {
      for (std::size_t i = 0; i < peers_.size() && loot.empty(); ++i) {
        if (peers_[i] == this) continue;
        if (fiber* const f = peers_[i]->ready_.steal_next(seen_[i])) loot.push(*f);
      }
    }
    while (fiber* const f = loot.pop()) ready_.push(*f);
    return pick();
  }
  bool anybody_has_work() noexcept {
    for (worker* const w : peers_) {
      if (!w->ready_.empty()) return true;
    }
    return false;
  }
  void call_help() noexcept {
    if (!alone_) home_.call_help();
  }

  // Leaves the running fiber for the next one, or for the thread's own stack.
  flow_thread& leave(departure& d) noexcept {
    if (current_->has_overflowed()) [[unlikely]]
      violated("a fiber has overflowed its stack", current_, site{});
    return go_on_with(pick(), d);
  }
  flow_thread& go_on_with(fiber* f, departure& d) noexcept {
    current_ = f;
    return depart(d, f != nullptr ? f->stack : thread_);
  }

  // The life of a fiber: one task after the other.
  static void begin_fiber(boost::context::detail::transfer_t t) noexcept {
    flow unborn;
    flow_thread* on = &arrive(t, unborn);
    begin(*on);
    for (;;) {
      fiber& self = *static_cast<worker*>(on)->current_;
      self.code->run();
      delete std::exchange(self.code, nullptr);
      worker& last = *this_worker();
      departure d{&self.stack, &last, &worker::fiber_left, true};
      on = &last.leave(d);
    }
  }
  static void fiber_left(departure& left) noexcept {
    auto& on = static_cast<worker&>(*left.on);
    auto& f = *reinterpret_cast<fiber*>(left.from);
    const bool room = on.alone_ || on.spare_count_ < most_spares;  // others may need them
    if (room && f.slab == &on.stacks_.standard()) {
      on.spares_.push_front(f);  // the last one is warm
      ++on.spare_count_;
    } else {
      stacked_flow::dispose(&f);
    }
    add_one(on.ended_);
  }

  // One writer: no need for more than a store.
  static void add_one(std::atomic<std::uint64_t>& n) noexcept {
    n.store(n.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  fiber_commons& home_;
  stack_shelf& stacks_;
  const std::vector<worker*>& peers_;
  const bool alone_;
  unsigned turn_ = 0;
  fiber* current_ = nullptr;
  run_queue ready_;
  fiber_list spares_;  // without a task
  std::size_t spare_count_ = 0;
  std::atomic<std::uint64_t> started_{0};
  std::atomic<std::uint64_t> ended_{0};
  flow thread_;
  fiber_sleeper sleeper_;
  std::vector<std::uint64_t> seen_;  // pops of the peers
};

// Lets a fiber of any pool go on. Any thread.
inline void resume(fiber& f) noexcept {
  worker* const w = this_worker();
  if (w != nullptr && &w->home() == f.home) return w->wake(f);
  f.home->inject(f);
}

// The worker of the calling fiber.
inline worker& worker_of_fiber() {
  worker* const w = this_worker();
  expects(w != nullptr && w->current() != nullptr, "a fiber's wait outside of a fiber", nullptr,
          site{});
  return *w;
}

// Waits for the permit and takes it: true. False: the deadline came first. (See permit_take.)
[[gnu::noinline]] inline bool fiber_take(std::atomic<std::uintptr_t>& word, time_point deadline) {
  if (word.load(std::memory_order_acquire) != parked_permit) {
    worker& w = worker_of_fiber();
    if (deadline == never) {
      w.wait(word);
    } else {
      fiber_commons& home = w.home();
      fiber_timer t;
      t.word = &word;
      home.add(t, deadline);
      w.wait(word);
      home.remove(t);
    }
    // Acquire: pairs with the release in fiber_post; what the poster did is seen here.
    std::uintptr_t state = word.load(std::memory_order_acquire);
    while (state != parked_permit) {
      if (word.compare_exchange_weak(state, parked_none, std::memory_order_acquire)) return false;
    }
  }
  word.store(parked_none, std::memory_order_relaxed);
  return true;
}

// Waits for the permit and takes it, unlocking `held` on the way. (See concept.hpp.)
[[gnu::noinline]] inline void fiber_take_releasing(std::atomic<std::uintptr_t>& word,
                                                   short_lock& held) {
  worker_of_fiber().wait_releasing(word, held);
  word.store(parked_none, std::memory_order_relaxed);
}

// Makes the permit available. The word may be gone then.
inline void fiber_post(std::atomic<std::uintptr_t>& word) noexcept {
  // Relaxed: a marked fiber was stored under a lock that the caller has held since.
  const std::uintptr_t sure = word.load(std::memory_order_relaxed);
  if (sure > parked_expired && (sure & parked_surely) != 0) {
    return resume(*reinterpret_cast<fiber*>(sure & ~parked_surely));
  }
  // Release: see fiber_take. Acquire: pairs with the release of the fiber's departure.
  const std::uintptr_t state = word.exchange(parked_permit, std::memory_order_acq_rel);
  if (state > parked_expired) resume(*reinterpret_cast<fiber*>(state));
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
