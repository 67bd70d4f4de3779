// boost_thread.hpp: the runtime of applications on Boost.Thread, whose waits can be interrupted.
//
//   boost::thread worker{[&] {
//     const auto here = lockstep::boost_thread::attach();
//     ch.recv();  // worker.interrupt() ends it: boost::thread_interrupted is thrown
//   }};
//
// Every wait that blocks is a point of interruption: of objects bound to boost_thread_runtime, and,
// on attached threads, of those on `any`. An interrupted wait is given up as by a cancellation, so
// the object stays usable and no wake-up of others is lost; a barrier is broken. Where the operation
// took effect before the wait could be given up, it stands and returns as ever, since its result
// must not get lost, and the interruption stays pending until the next point of interruption.
// Destructors that wait are no such points, nor is the return of a condition variable's lock.
//
// Ordering, and the cost but for blocking: those of threads_runtime.
// Needs: Boost.Thread on POSIX threads, with interruptions, as it is by default.
#pragma once

#include <atomic>
#include <boost/chrono/system_clocks.hpp>
#include <boost/thread/condition_variable.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread.hpp>
#include <cstdint>
#include <new>
#include <utility>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "any.hpp"
#include "concept.hpp"
#include "futex.hpp"
#include "task.hpp"
#include "threads.hpp"

#ifndef BOOST_THREAD_PROVIDES_INTERRUPTIONS
#error "lockstep/runtime/boost_thread.hpp: Boost.Thread is configured without interruptions"
#endif

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

// Where a parked thread sleeps. On its stack, until it was woken or nobody can wake it any more.
class boost_bed {
 public:
  // Whether it was woken, rather than the deadline having passed. Throws thread_interrupted.
  bool sleep(time_point deadline) {
    boost::unique_lock<boost::mutex> hold{mutex_};
    const auto woken = [this] { return woken_; };
    if (deadline == never) {
      changed_.wait(hold, woken);
      return true;
    }
    const boost::chrono::nanoseconds at{deadline.time_since_epoch().count()};
    return changed_.wait_until(hold, boost::chrono::steady_clock::time_point{at}, woken);
  }
  void wake() noexcept {
    const boost::lock_guard<boost::mutex> hold{mutex_};  // so that the sleeper waits for our end
    woken_ = true;
    changed_.notify_one();
  }

 private:
  boost::mutex mutex_;
  boost::condition_variable changed_;
  bool woken_ = false;
};

// A parker's word: the address of the owner's bed while it sleeps, and two marks.
enum : std::uintptr_t { bed_posted = 1, bed_interrupted = 2, bed_marks = 3 };

// Interrupts the calling thread, for whom Boost has no function: thread_interrupted was thrown too
// early, and Boost has forgotten it. The one use here of what Boost does not document.
inline void interrupt_again() {
  boost::detail::thread_data_base* const self = boost::detail::get_current_thread_data();
  const boost::lock_guard<boost::mutex> hold{self->data_mutex};
  self->interrupt_requested = true;
}

// Sleeps until unparked: true; false: the deadline came first, and the word is as before. Throws
// what interrupts the thread if it can take its bed out of the word.
inline bool bed_sleep(std::atomic<std::uintptr_t>& word, std::uintptr_t before,
                      time_point deadline) {
  boost_bed bed;
  const auto here = reinterpret_cast<std::uintptr_t>(&bed);
  // Release: pairs with the acquire in bed_post, which sees the bed made. Acquire: with its release.
  if (!word.compare_exchange_strong(before, here | before, std::memory_order_acq_rel)) return true;
  const auto leave = [&](std::uintptr_t after) {
    std::uintptr_t inside = here | before;
    return word.compare_exchange_strong(inside, after, std::memory_order_acquire);
  };
  LOCKSTEP_TRY {
    if (bed.sleep(deadline)) return true;
    if (leave(before)) return false;
  }
  LOCKSTEP_CATCH_ALL {
    if (leave(bed_interrupted)) LOCKSTEP_RETHROW;
    word.fetch_or(bed_interrupted, std::memory_order_relaxed);  // for ourselves
  }
  const boost::this_thread::disable_interruption to_the_end;
  return bed.sleep(never);  // posted meanwhile: its wake is on the way
}

// As permit_take and permit_post (futex.hpp).
inline bool bed_take(std::atomic<std::uintptr_t>& word, time_point deadline) {
  const auto posted = [&] { return (word.load(std::memory_order_acquire) & bed_posted) != 0; };
  // Who is interrupted does not spin: else waits that are soon over might put it off for ever.
  if (boost::this_thread::interruption_requested() || !spin_until(posted)) {
    if (!bed_sleep(word, word.load(std::memory_order_relaxed) & bed_interrupted, deadline)) {
      return false;
    }
  }
  if ((word.exchange(0, std::memory_order_acquire) & bed_interrupted) != 0) interrupt_again();
  return true;
}
inline void bed_post(std::atomic<std::uintptr_t>& word) noexcept {
  // Release: pairs with the acquire loads in bed_take; what the poster did is seen by the taker.
  const std::uintptr_t sleeper =
      word.fetch_or(bed_posted, std::memory_order_acq_rel) & ~std::uintptr_t{bed_marks};
  if (sleeper != 0) reinterpret_cast<boost_bed*>(sleeper)->wake();
}

static_assert(alignof(boost_bed) > bed_marks);

}  // namespace detail

// Tasks are threads here, too: what differs is how they start and how they block.
struct boost_thread_runtime : threads_runtime {
  class parker {
   public:
    void park() { detail::bed_take(word_, never); }
    bool park_until(time_point deadline) { return detail::bed_take(word_, deadline); }
    void unpark() noexcept { detail::bed_post(word_); }

   private:
    std::atomic<std::uintptr_t> word_{0};
  };

  using shield = boost::this_thread::disable_interruption;

  // Starts a detached, attached boost::thread that runs and then deletes the closure.
  // Throws error{unavailable} when the system has no thread to give; the closure is deleted.
  static void spawn(detail::task_closure* closure, const detail::task_options* options);
};

static_assert(spawning_runtime<boost_thread_runtime>);

namespace detail {

inline constexpr runtime_ops boost_thread_ops = [] {
  runtime_ops ops = threads_ops;
  ops.name = "boost_thread";
  ops.park = [](any_parker& p) { bed_take(p.word, never); };
  ops.park_until = [](any_parker& p, time_point at) { return bed_take(p.word, at); };
  ops.unpark = [](any_parker& p) noexcept { bed_post(p.word); };
  ops.spawn = &boost_thread_runtime::spawn;
  ops.shield = [](void* place, bool up) noexcept {
    using shield = boost_thread_runtime::shield;
    static_assert(sizeof(shield) <= sizeof(void*) && alignof(shield) <= alignof(void*));
    up ? static_cast<void>(::new (place) shield) : static_cast<shield*>(place)->~shield();
  };
  return ops;
}();

}  // namespace detail

namespace boost_thread {

// While what it returns lives, this is the runtime of the calling thread, for objects on `any`.
inline lockstep::detail::runtime_attachment attach() noexcept {
  return lockstep::detail::runtime_attachment{lockstep::detail::boost_thread_ops};
}

}  // namespace boost_thread

inline void boost_thread_runtime::spawn(detail::task_closure* closure,
                                        const detail::task_options* options) {
  boost::thread::attributes attributes;
  if (options != nullptr) attributes.set_stack_size(options->stack_bytes);  // 0: the default
  LOCKSTEP_TRY {
    boost::thread{attributes,
                  [closure] {
                    const auto here = boost_thread::attach();
                    detail::thread_main(closure);
                  }}
        .detach();
  }
  LOCKSTEP_CATCH_ALL {
    delete closure;
    detail::raise(status::unavailable, "the system cannot start another thread");
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI
