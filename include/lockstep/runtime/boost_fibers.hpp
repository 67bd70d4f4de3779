// boost_fibers.hpp: the runtime of applications that live on Boost.Fiber.
//
//   void scheduler_thread() {                       // each thread that runs fibers
//     boost::fibers::use_scheduling_algorithm<...>();
//     const auto here = lockstep::boost_fibers::attach();
//     ...
//   }
//
// On attached threads, what waits in an object on `any` blocks its boost::fibers::fiber only, and go()
// starts fibers of Boost. Fibers may move between attached threads. Objects bound to
// boost_fibers_runtime need no attachment. Any task of another runtime may meet these fibers in an
// object on `any`.
//
// Ordering: that of threads. Boost.Fiber does not keep exceptions apart: a fiber that blocks inside a
// catch block may find itself handling another one's (runtime/fibers.hpp does keep them apart).
// Needs: Boost.Fiber. Blocks on boost/fiber/waker.hpp; with LOCKSTEP_BOOST_FIBERS_WAKER=0 on a mutex
// and a condition variable of Boost.Fiber, which are documented, and slower.
#pragma once

#include <atomic>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fss.hpp>
#include <boost/fiber/operations.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "any.hpp"
#include "concept.hpp"
#include "task.hpp"
#include "threads.hpp"

#ifndef LOCKSTEP_BOOST_FIBERS_WAKER
#define LOCKSTEP_BOOST_FIBERS_WAKER 1
#endif
#if LOCKSTEP_BOOST_FIBERS_WAKER
#include <boost/fiber/context.hpp>
#include <boost/fiber/detail/spinlock.hpp>
#include <boost/fiber/waker.hpp>
#else
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/mutex.hpp>
#include <mutex>
#endif

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

// Where a parked fiber sleeps. On its stack, until it was woken or nobody can wake it any more.
// sleep() returns whether it was woken, rather than the deadline having passed.
#if LOCKSTEP_BOOST_FIBERS_WAKER
class fiber_bed {
 public:
  bool sleep(time_point deadline) {
    namespace bf = boost::fibers;
    for (;;) {
      bf::detail::spinlock_lock hold{lock_};  // given up when the fiber's stack was left
      if (woken_) return true;
      if (deadline == never) {
        sleeper_.suspend_and_wait(hold, bf::context::active());
      } else if (!sleeper_.suspend_and_wait_until(hold, bf::context::active(), deadline)) {
        const bf::detail::spinlock_lock again{lock_};
        return woken_;
      }
    }
  }
  void wake() noexcept {
    const boost::fibers::detail::spinlock_lock hold{lock_};  // the sleeper waits for our end
    woken_ = true;
    sleeper_.notify_one();
  }

 private:
  boost::fibers::detail::spinlock lock_;
  boost::fibers::wait_queue sleeper_;
  bool woken_ = false;
};
#else
class fiber_bed {
 public:
  bool sleep(time_point deadline) {
    std::unique_lock hold{lock_};
    const auto woken = [this] { return woken_; };
    if (deadline != never) return changed_.wait_until(hold, deadline, woken);
    changed_.wait(hold, woken);
    return true;
  }
  void wake() noexcept {
    const std::lock_guard hold{lock_};  // the sleeper waits for our end
    woken_ = true;
    changed_.notify_one();
  }

 private:
  boost::fibers::mutex lock_;
  boost::fibers::condition_variable changed_;
  bool woken_ = false;
};
#endif

// A parker's word: nothing, a permit, or the address of the bed that its owner sleeps in. As
// permit_take and permit_post (futex.hpp).
enum : std::uintptr_t { bed_nobody = 0, bed_permit = 1 };

inline bool fiber_bed_take(std::atomic<std::uintptr_t>& word, time_point deadline) {
  if (word.load(std::memory_order_acquire) != bed_permit) {
    fiber_bed bed;
    const auto here = reinterpret_cast<std::uintptr_t>(&bed);
    std::uintptr_t state = bed_nobody;
    // Release: the poster sees the bed made. Acquire: what the poster did is seen here.
    if (word.compare_exchange_strong(state, here, std::memory_order_acq_rel) &&
        !bed.sleep(deadline)) {
      state = here;
      if (word.compare_exchange_strong(state, bed_nobody, std::memory_order_acquire)) return false;
      bed.sleep(never);  // posted meanwhile: its wake is on the way
    }
  }
  // Acquire: as above, where the permit came while asleep.
  word.exchange(bed_nobody, std::memory_order_acquire);
  return true;
}
inline void fiber_bed_post(std::atomic<std::uintptr_t>& word) noexcept {
  const std::uintptr_t state = word.exchange(bed_permit, std::memory_order_acq_rel);
  if (state != bed_nobody) reinterpret_cast<fiber_bed*>(state)->wake();
}

// The task that the calling fiber runs. Never destroyed: detached fibers outlive main.
inline boost::fibers::fiber_specific_ptr<task_closure>& boost_fiber_task() {
  static auto& task = *new boost::fibers::fiber_specific_ptr<task_closure>{[](task_closure*) {}};
  return task;
}

}  // namespace detail

struct boost_fibers_runtime {
  // Eight bytes. Waited for by fibers of Boost, of which every thread that asks for one has one.
  class parker {
   public:
    void park() { detail::fiber_bed_take(word_, never); }
    bool park_until(time_point deadline) { return detail::fiber_bed_take(word_, deadline); }
    void unpark() noexcept { detail::fiber_bed_post(word_); }

   private:
    std::atomic<std::uintptr_t> word_{detail::bed_nobody};
  };

  using short_lock = detail::short_lock;
  template <class T>
  using atomic = std::atomic<T>;

  static time_point now() noexcept { return std::chrono::steady_clock::now(); }
  static std::uint64_t random() noexcept { return threads_runtime::random(); }
  static void yield() { boost::this_fiber::yield(); }

  // The task of the calling fiber; null for one that the library did not start.
  static detail::task_info* self() noexcept {
    detail::task_closure* const code = detail::boost_fiber_task().get();
    return code != nullptr ? &code->info : nullptr;
  }

  // Starts a detached fiber of the calling thread's scheduler, after the current one gave way.
  // Throws error{unavailable} when the system has no memory for its stack; the closure is deleted.
  static void spawn(detail::task_closure* closure, const detail::task_options* options) {
    const auto body = [closure] {
      detail::boost_fiber_task().reset(closure);
      closure->run();
      detail::boost_fiber_task().release();
      delete closure;
    };
    namespace bf = boost::fibers;
    LOCKSTEP_TRY {
      const std::size_t bytes = options != nullptr ? options->stack_bytes : 0;
      bf::fiber{bf::launch::post, std::allocator_arg,
                bytes != 0 ? bf::fixedsize_stack{bytes} : bf::fixedsize_stack{}, body}
          .detach();
    }
    LOCKSTEP_CATCH_ALL {
      delete closure;
      detail::raise(status::unavailable, "the system has no memory for another fiber");
    }
  }
};

static_assert(spawning_runtime<boost_fibers_runtime>);

namespace detail {

inline constexpr runtime_ops boost_fibers_ops{
    .name = "boost_fibers",
    .park = [](any_parker& p) { fiber_bed_take(p.word, never); },
    .park_until = [](any_parker& p, time_point at) { return fiber_bed_take(p.word, at); },
    .unpark = [](any_parker& p) noexcept { fiber_bed_post(p.word); },
    .now = &boost_fibers_runtime::now,
    .random = &boost_fibers_runtime::random,
    .yield = [] { boost_fibers_runtime::yield(); },
    .self = &boost_fibers_runtime::self,
    .spawn = &boost_fibers_runtime::spawn,
    .checkpoint = nullptr,
    .countless = true,
};

}  // namespace detail

namespace boost_fibers {

// While what it returns lives, this is the runtime of the calling thread, for objects on `any`.
inline lockstep::detail::runtime_attachment attach() noexcept {
  return lockstep::detail::runtime_attachment{lockstep::detail::boost_fibers_ops};
}

}  // namespace boost_fibers
}  // namespace lockstep::inline LOCKSTEP_ABI
