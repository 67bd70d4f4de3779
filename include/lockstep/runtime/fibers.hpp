// fibers.hpp: the runtime whose tasks are fibers: stackful, switched in a few nanoseconds, by the
// hundred thousand in one process.
//
//   lockstep::fibers::run([] {
//     lockstep::channel<int> ch;
//     lockstep::go([&] { ch.send(1); });  // a fiber too
//     return *ch.recv();                  // blocks this fiber, not the thread
//   });
//
// A pool has one worker thread or several; fibers move between them. A worker with nothing to run
// takes half of another's queue, then sleeps. Whoever is woken runs next on the worker of the one who
// woke it. Everything of the library that runs on `any` or is bound to `fibers_runtime` blocks only
// the calling fiber; anything else that blocks (files, other libraries' locks) blocks a worker: wrap
// it in fibers::blocking(). Fibers are not preempted: one that computes for long calls
// this_task::yield() now and then if others are to have their turn.
//
// Stacks are 16 KiB unless the pool's options say otherwise. An overflow stops the process (see
// stack/slab.hpp). A fiber may go on on another thread after any operation that blocks, so it must
// not keep references to thread_local objects across one, nor hold a lock of the operating system.
//
// Ordering and semantics: those of threads. Exceptions in flight or being handled belong to the fiber.
// Needs: Boost.Context.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "../clock.hpp"
#include "../contract.hpp"
#include "../detail/config.hpp"
#include "../fwd.hpp"
#include "../go.hpp"
#include "any.hpp"
#include "concept.hpp"
#include "fiber/blocking.hpp"
#include "fiber/scheduler.hpp"
#include "fiber/worker.hpp"
#include "registry.hpp"
#include "task.hpp"
#include "threads.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

struct fibers_runtime {
  // Eight bytes: idle, posted, or the fiber that waits. To be waited for by fibers only; anyone may
  // unpark.
  class parker {
   public:
    void park() { detail::fiber_take(word_, never); }
    bool park_until(time_point deadline) { return detail::fiber_take(word_, deadline); }
    void unpark() noexcept { detail::fiber_post(word_); }
    void park_releasing(detail::short_lock& held) { detail::fiber_take_releasing(word_, held); }

   private:
    std::atomic<std::uintptr_t> word_{detail::parked_none};
  };

  using short_lock = detail::short_lock;
  template <class T>
  using atomic = std::atomic<T>;

  static time_point now() noexcept { return std::chrono::steady_clock::now(); }
  static std::uint64_t random() noexcept { return threads_runtime::random(); }

  // Lets the other fibers of this worker run; where there are none, the thread yields.
  static void yield() noexcept {
    detail::worker* const w = detail::this_worker();
    if (w == nullptr || w->current() == nullptr) return threads_runtime::yield();
    w->yield();
  }

  // The current task: the fiber's, or null outside.
  static detail::task_info* self() noexcept {
    detail::worker* const w = detail::this_worker();
    if (w == nullptr || w->current() == nullptr) return nullptr;
    detail::task_closure* const code = w->current()->code;
    return code != nullptr ? &code->info : nullptr;
  }

  // Starts a fiber of the current one's pool. Throws error{unavailable} when the system has no memory
  // for its stack; the closure is deleted.
  static void spawn(detail::task_closure* closure, const detail::task_options* options) {
    LOCKSTEP_TRY {
      detail::worker* const w = detail::this_worker();
      detail::expects(w != nullptr && w->current() != nullptr,
                      "a fiber is started outside of a pool; use pool::go", nullptr, site{});
      w->start(closure, options != nullptr ? options->stack_bytes : 0);
    }
    LOCKSTEP_CATCH_ALL {
      delete closure;
      LOCKSTEP_RETHROW;
    }
  }
};

static_assert(spawning_runtime<fibers_runtime>);
static_assert(sizeof(fibers_runtime::parker) == 8);

namespace detail {

inline constexpr runtime_ops fibers_ops{
    .name = "fibers",
    .park = [](any_parker& p) { fiber_take(p.word, never); },
    .park_until = [](any_parker& p, time_point at) { return fiber_take(p.word, at); },
    .unpark = [](any_parker& p) noexcept { fiber_post(p.word); },
    .now = &fibers_runtime::now,
    .random = &fibers_runtime::random,
    .yield = &fibers_runtime::yield,
    .self = &fibers_runtime::self,
    .spawn = &fibers_runtime::spawn,
    .checkpoint = nullptr,
    .park_releasing = [](any_parker& p, short_lock& l) { fiber_take_releasing(p.word, l); },
};

// For plans: a worker a processor.
class fibers_host final : public task_host {
 public:
  explicit fibers_host(const host_options& o)
      : scheduler_{0, o.stack_bytes != 0 ? o.stack_bytes : std::size_t{64} << 10U, fibers_ops} {}
  void start(task_closure* closure) override { scheduler_.start(closure, 0); }

 private:
  fiber_scheduler scheduler_;
};
inline constinit named_runtime fibers_by_name{"fibers", &make_host<fibers_host>};
inline const runtime_registration fibers_registered{fibers_by_name};

}  // namespace detail

namespace fibers {

struct pool_options {
  unsigned workers = 1;                              // threads that run fibers; 0: one a processor
  std::size_t stack_bytes = std::size_t{16} << 10U;  // of each fiber; whole pages
  duration shutdown_within = std::chrono::seconds{10};  // what the destructor waits at most
};

// Threads that run fibers. All members may be called from any task, of this pool or not.
class pool {
 public:
  // Throws std::system_error when the system has not so many threads to give.
  explicit pool(const pool_options& options = {})
      : shutdown_within_{options.shutdown_within},
        scheduler_{options.workers, options.stack_bytes, lockstep::detail::fibers_ops} {}
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  // Waits for the fibers to end. Contract: they do within options.shutdown_within; the destructor
  // does not run on one of them.
  ~pool() {
    lockstep::detail::expects(shutdown(shutdown_within_) == status::ok,
                              "a pool is destroyed with fibers that do not end", this,
                              site::current());
  }

  // As the functions of these names, but the task is a fiber of this pool.
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  void go(const char* name, F&& f, site where = site::current()) {
    using closure = lockstep::detail::detached_closure<std::decay_t<F>>;
    start(lockstep::detail::introduced<any_runtime>(new closure(std::forward<F>(f), where), name));
  }
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  void go(F&& f, site where = site::current()) {
    go("", std::forward<F>(f), where);
  }
  template <class F>
  [[nodiscard]] auto spawn(const char* name, F&& f) {
    return lockstep::detail::task_maker::make<any_runtime>(
        name, std::forward<F>(f), [this](lockstep::detail::task_closure* c) { start(c); });
  }
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  [[nodiscard]] auto spawn(F&& f) {
    return spawn("", std::forward<F>(f));
  }

  // Runs f() as a fiber, waits for it to return, and returns its result or rethrows its exception.
  // Fibers that it started may live on.
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  auto run(F&& f) {
    return spawn(std::forward<F>(f)).join();
  }

  // Waits for all fibers to end; from now on the pool takes none from outside (error{unavailable}).
  // ok, or timeout: then it may be called again. By one task at a time, and not from a fiber of
  // this pool.
  template <class Rep, class Period>
  status shutdown(const std::chrono::duration<Rep, Period>& within) {
    const auto until = lockstep::detail::deadline_after(threads_runtime::now(), within);
    return blocking([&] { return scheduler_.drain(until); }) ? status::ok : status::timeout;
  }

  // Fibers that have not ended. A snapshot.
  [[nodiscard]] std::uint64_t size() const noexcept { return scheduler_.alive(); }

 private:
  void start(lockstep::detail::task_closure* code) { scheduler_.start(code, 0); }

  duration shutdown_within_;
  lockstep::detail::fiber_scheduler scheduler_;
};

// Runs f() as a fiber of a pool of its own, and returns its result or rethrows its exception when all
// fibers of the pool have ended. Contract: they do within options.shutdown_within after f() has.
template <class F>
  requires std::is_invocable_v<std::decay_t<F>&>
auto run(F&& f, const pool_options& options = {}) {
  return pool{options}.run(std::forward<F>(f));
}

// The primitives bound to fibers: for programs that have nothing else. What waits in them has to be a
// fiber.
template <class T>
using channel = basic_channel<T, fibers_runtime>;
template <class T>
using sender = basic_sender<T, fibers_runtime>;
template <class T>
using receiver = basic_receiver<T, fibers_runtime>;
template <class T>
using topic = basic_topic<T, fibers_runtime>;
template <class T>
using subscription = basic_subscription<T, fibers_runtime>;
template <class T>
using once_value = basic_once_value<T, fibers_runtime>;
template <class T>
using result_group = basic_result_group<T, fibers_runtime>;
using barrier = basic_barrier<fibers_runtime>;
using condition_variable = basic_condition_variable<fibers_runtime>;
using event = basic_event<fibers_runtime>;
using latch = basic_latch<fibers_runtime>;
using mutex = basic_mutex<fibers_runtime>;
using once = basic_once<fibers_runtime>;
using semaphore = basic_semaphore<fibers_runtime>;
using shared_mutex = basic_shared_mutex<fibers_runtime>;
using task_group = basic_task_group<fibers_runtime>;
using ticker = basic_ticker<fibers_runtime>;
using timer = basic_timer<fibers_runtime>;
using wait_group = basic_wait_group<fibers_runtime>;

}  // namespace fibers
}  // namespace lockstep::inline LOCKSTEP_ABI
