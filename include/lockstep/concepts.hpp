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
concept topic_like = requires(X& x, typename X::value_type v) {
  requires std::is_same_v<decltype(x.publish(v)), decltype(x.last())>;
  x.subscribe().recv();
  x.subscribe_from(1).try_recv();
  x.subscribe_new().cancel();
};

}  // namespace lockstep::inline LOCKSTEP_ABI
