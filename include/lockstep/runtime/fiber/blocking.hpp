// blocking.hpp: calls that block a thread, made without stalling the worker that a fiber runs on.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <type_traits>
#include <utility>

#include "../../clock.hpp"
#include "../../detail/config.hpp"
#include "../../error.hpp"
#include "../../outcome.hpp"
#include "../any.hpp"
#include "../futex.hpp"
#include "../observer.hpp"
#include "../short_lock.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

// A call to be made elsewhere. Lives in the frame of the one who waits for it.
struct errand {
  void (*run)(errand&) noexcept;  // tells the one who waits, as its last deed
};

// Threads that run errands, kept for a while in case there are more. Never more than there are
// errands at a time.
class errand_threads {
 public:
  // Throws error{unavailable} when the system has no thread to give.
  void run(errand& e) {
    if (helper* const idle = take_idle(); idle != nullptr) {
      idle->next_errand = &e;
      permit_post(idle->bed);
      return;
    }
    LOCKSTEP_TRY {
      std::thread{[this, &e] { serve(&e); }}.detach();
    }
    LOCKSTEP_CATCH_ALL { raise(status::unavailable, "the system cannot start another thread"); }
  }

 private:
  static constexpr duration patience{1'000'000'000};

  struct helper {
    std::atomic<std::uint32_t> bed{permit_idle};
    errand* next_errand = nullptr;
    helper* next = nullptr;
    bool idle = false;
  };

  void serve(errand* first) noexcept {
    helper me;
    for (errand* e = first; e != nullptr; e = wait_for_errand(me)) e->run(*e);
  }
  // Null: none came for a while.
  errand* wait_for_errand(helper& me) noexcept {
    {
      const lock_scope hold{lock_};
      me.idle = true;
      me.next = idle_;
      idle_ = &me;
      helper_threads.fetch_add(1, std::memory_order_acq_rel);
    }
    if (!permit_take(me.bed, std::chrono::steady_clock::now() + patience)) {
      if (leave(me)) return nullptr;
      permit_take(me.bed, never);
    }
    return me.next_errand;
  }
  helper* take_idle() noexcept {
    const lock_scope hold{lock_};
    helper* const h = idle_;
    if (h != nullptr) {
      idle_ = h->next;
      h->idle = false;
      helper_threads.fetch_sub(1, std::memory_order_acq_rel);
    }
    return h;
  }
  bool leave(helper& me) noexcept {
    const lock_scope hold{lock_};
    if (!me.idle) return false;
    helper** at = &idle_;
    while (*at != &me) at = &(*at)->next;
    *at = me.next;
    helper_threads.fetch_sub(1, std::memory_order_acq_rel);
    return true;
  }

  short_lock lock_;
  helper* idle_ = nullptr;
};

inline constinit errand_threads errand_runners{};

}  // namespace detail

namespace fibers {

// Runs f() on a thread that may block, and returns its result or rethrows its exception; the calling
// fiber waits, its worker goes on with others; on that thread, f belongs to the fiber's task. On a task
// that is a thread already, or is simulated: just calls f.
// Throws error{unavailable} when the system has no thread to give. About 10 us: for calls that do
// block, or need a deep stack.
template <class F>
  requires std::is_invocable_v<F&>
std::invoke_result_t<F&> blocking(F&& f) {
  using result = std::invoke_result_t<F&>;
  namespace d = lockstep::detail;
  const auto* const ops = d::current_runtime();
  if (ops == &d::threads_ops || ops->shield != nullptr) return f();

  struct call : d::errand {
    explicit call(std::remove_reference_t<F>& to_call) noexcept
        : errand{[](errand& e) noexcept { static_cast<call&>(e).make(); }}, body{&to_call} {}
    void make() noexcept {
      d::thread_task = self;
      LOCKSTEP_TRY {
        if constexpr (std::is_void_v<result>) {
          (*body)();
          value.emplace();
        } else {
          value.emplace((*body)());
        }
      }
      LOCKSTEP_CATCH_ALL { failure = std::current_exception(); }
      d::thread_task = nullptr;
      ended.unpark();
    }
    std::remove_reference_t<F>* body;
    d::task_info* self = any_runtime::self();
    outcome<result> value{status::would_block};
    std::exception_ptr failure;
    d::any_parker ended;
  };
  call c{f};
  d::errand_runners.run(c);
  c.ended.park();
#if LOCKSTEP_EXCEPTIONS
  if (c.failure) std::rethrow_exception(std::move(c.failure));
#endif
  return *std::move(c.value);
}

}  // namespace fibers
}  // namespace lockstep::inline LOCKSTEP_ABI
