// concepts.hpp: what objects that tasks share have in common with those that instances share by name.
//
//   template <lockstep::latch_like Latch> void finish(Latch& l);   // takes either
#pragma once

#include <chrono>
#include <cstddef>
#include <type_traits>

#include "context.hpp"
#include "detail/config.hpp"
#include "select.hpp"
#include "status.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {
template <class X>
inline constexpr bool tells_status = std::is_convertible_v<X, status>;
}

// Can be waited for, also in a select.
template <class X>
concept waitable = requires(X& x, const context& ctx, std::chrono::nanoseconds d) {
  x.wait();
  requires detail::tells_status<decltype(x.wait(ctx))>;
  requires detail::tells_status<decltype(x.try_wait_for(d))>;
  requires detail::tells_status<decltype(x.try_wait_until(std::chrono::steady_clock::now()))>;
  on_ready(x);
};

template <class X>
concept latch_like = waitable<X> && requires(X& x, std::ptrdiff_t n) {
  x.count_down(n);
  x.arrive_and_wait(n);
  requires std::is_same_v<decltype(x.try_wait()), bool>;
  requires std::is_same_v<decltype(x.max()), std::ptrdiff_t>;
};

template <class X>
concept wait_group_like = waitable<X> && requires(X& x, std::ptrdiff_t n, void (*f)()) {
  x.add(n);
  x.done();
  x.go(f);
};

template <class X>
concept mutex_like = requires(X& x, const context& ctx, std::chrono::nanoseconds d) {
  x.lock();
  x.unlock();
  requires detail::tells_status<decltype(x.lock(ctx))>;
  requires std::is_same_v<decltype(x.try_lock()), bool>;
  requires std::is_same_v<decltype(x.try_lock_for(d)), bool>;
  requires std::is_same_v<decltype(x.try_lock_until(std::chrono::steady_clock::now())), bool>;
};

template <class X>
concept shared_mutex_like =
    mutex_like<X> && requires(X& x, const context& ctx, std::chrono::nanoseconds d) {
      x.lock_shared();
      x.unlock_shared();
      requires detail::tells_status<decltype(x.lock_shared(ctx))>;
      requires std::is_same_v<decltype(x.try_lock_shared()), bool>;
      requires std::is_same_v<decltype(x.try_lock_shared_for(d)), bool>;
    };

template <class X>
concept semaphore_like =
    requires(X& x, const context& ctx, std::chrono::nanoseconds d, std::ptrdiff_t k) {
      x.acquire(k);
      x.release(k);
      requires detail::tells_status<decltype(x.acquire(ctx, k))>;
      requires std::is_same_v<decltype(x.try_acquire(k)), bool>;
      requires std::is_same_v<decltype(x.try_acquire_for(d, k)), bool>;
      requires std::is_same_v<decltype(x.max()), std::ptrdiff_t>;
    };

template <class X>
concept topic_like = requires(X& x, typename X::value_type v) {
  requires std::is_same_v<decltype(x.publish(v)), decltype(x.last())>;
  x.subscribe().recv();
  x.subscribe_from(1).try_recv();
  x.subscribe_new().cancel();
};

}  // namespace lockstep::inline LOCKSTEP_ABI
