// threads.hpp: the runtime whose tasks are operating-system threads.
//
// A wait is a 4-byte futex word; the clock is the steady clock; a task is a detached POSIX thread.
// Needs no set-up: any thread of the program may use it, whoever started it.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <cstdio>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "concept.hpp"
#include "futex.hpp"
#include "short_lock.hpp"
#include "task.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

// The task that this thread runs; null on threads that the library did not start.
LOCKSTEP_TLS task_info* thread_task = nullptr;

// State of this thread's random generator; 0 until first used.
LOCKSTEP_TLS std::uint64_t thread_random = 0;

// A start value that differs between threads and runs.
LOCKSTEP_COLD inline std::uint64_t random_seed() noexcept {
  static constinit std::atomic<std::uint64_t> threads_seen{0};
  const auto now =
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  const std::uint64_t nth = threads_seen.fetch_add(1, std::memory_order_relaxed) + 1;
  return (now ^ (nth * 0x9E3779B97F4A7C15U)) | 1U;
}

inline void* thread_main(void* argument) {
  auto* closure = static_cast<task_closure*>(argument);
  thread_task = &closure->info;
  closure->run();
  thread_task = nullptr;
  delete closure;
  return nullptr;
}

}  // namespace detail

struct threads_runtime {
  // Four bytes: idle, posted, or asleep.
  class parker {
   public:
    void park() noexcept { detail::permit_take(word_, never); }
    bool park_until(time_point deadline) noexcept { return detail::permit_take(word_, deadline); }
    void unpark() noexcept { detail::permit_post(word_); }

   private:
    std::atomic<std::uint32_t> word_{detail::permit_idle};
  };

  using short_lock = detail::short_lock;
  template <class T>
  using atomic = std::atomic<T>;

  static time_point now() noexcept { return std::chrono::steady_clock::now(); }
  static void yield() noexcept { ::sched_yield(); }

  // xorshift64*, one state a thread (Vigna, "An experimental exploration of Marsaglia's xorshift
  // generators, scrambled"). Not for secrets.
  LOCKSTEP_ASKS_THREAD static std::uint64_t random() noexcept {
    std::uint64_t x = detail::thread_random;
    if (x == 0) [[unlikely]]
      x = detail::random_seed();
    x ^= x >> 12U;
    x ^= x << 25U;
    x ^= x >> 27U;
    detail::thread_random = x;
    return x * 0x2545F4914F6CDD1DU;
  }

  // The current task, or null on a thread that the library did not start.
  LOCKSTEP_ASKS_THREAD static detail::task_info* self() noexcept { return detail::thread_task; }

  // Starts a detached thread that runs and then deletes the closure.
  // Throws error{unavailable} when the system has no thread to give; the closure is deleted.
  static void spawn(detail::task_closure* closure, const detail::task_options* options) {
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (options != nullptr && options->stack_bytes != 0) {
      ::pthread_attr_setstacksize(&attributes, options->stack_bytes);
    }
    pthread_t thread{};
    const int failed = ::pthread_create(&thread, &attributes, &detail::thread_main, closure);
    ::pthread_attr_destroy(&attributes);
    if (failed != 0) [[unlikely]] {
      delete closure;
      detail::raise(status::unavailable, "the system cannot start another thread");
    }
  }
};

static_assert(spawning_runtime<threads_runtime>);
static_assert(sizeof(threads_runtime::parker) == 4);

}  // namespace lockstep::inline LOCKSTEP_ABI
