// select.hpp: waiting for whichever of several operations can proceed first.
//
//   select(on_recv(a, [](int v) { ... }), on_send(b, 2, [] { ... }), on_timeout(50ms, [] { ... }));
//
// Exactly one case takes effect; among several that can proceed the choice is uniform
// (select_in_order prefers earlier ones). With on_default, select never blocks. An empty view
// (channel_ends.hpp) is never ready. Cases may repeat a channel, and mix sends and receives.
//
// A handler of on_recv takes T or outcome<T>; a generic one gets T. With T, or when a send was chosen, a closed channel
// makes select throw error{closed}; with outcome<T>, or without a handler, it is a result like any
// other. Handlers run after the choice, with nothing locked.
//
// Ordering: that of the operation chosen. Lifetime: what the cases name outlives the select.
// Complexity: O(n) operations, O(n^2) comparisons of addresses; no allocation up to 8 cases.
// Source: Go's runtime/select.go; statements SEL-1..12.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "channel.hpp"
#include "channel_ends.hpp"
#include "clock.hpp"
#include "context.hpp"
#include "detail/config.hpp"
#include "detail/payload.hpp"
#include "detail/select_cases.hpp"
#include "detail/select_core.hpp"
#include "fwd.hpp"
#include "outcome.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// A receive. f(T) or f(outcome<T>); for a channel of void f() or f(outcome<void>).
template <class T, class R, class F = detail::no_handler>
[[nodiscard]] auto on_recv(basic_channel<T, R>& from, F f = {}, site where = site::current()) {
  return detail::recv_case<T, R, F>{&from, std::move(f), where};
}
template <class T, class R, class F = detail::no_handler>
[[nodiscard]] auto on_recv(basic_receiver<T, R> from, F f = {}, site where = site::current()) {
  return detail::recv_case<T, R, F>{detail::channel_access::of(from), std::move(f), where};
}

// A send of u, which is evaluated, converted and kept by the case whether or not it is chosen.
template <class T, class R, class U = T, class F = detail::no_handler>
  requires std::is_convertible_v<U, T>
[[nodiscard]] auto on_send(basic_channel<T, R>& to, U&& u, F f = {}, site where = site::current()) {
  return detail::send_case<T, R, F>{&to, std::forward<U>(u), std::move(f), where};
}
template <class T, class R, class U = T, class F = detail::no_handler>
  requires std::is_convertible_v<U, T>
[[nodiscard]] auto on_send(basic_sender<T, R> to, U&& u, F f = {}, site where = site::current()) {
  return detail::send_case<T, R, F>{detail::channel_access::of(to), std::forward<U>(u),
                                    std::move(f), where};
}
template <class R, class F = detail::no_handler>
[[nodiscard]] auto on_send(basic_channel<void, R>& to, F f = {}, site where = site::current()) {
  return detail::send_case<void, R, F>{&to, detail::token{}, std::move(f), where};
}

template <class R, class F = detail::no_handler>
[[nodiscard]] auto on_send(basic_sender<void, R> to, F f = {}, site where = site::current()) {
  return detail::send_case<void, R, F>{detail::channel_access::of(to), detail::token{},
                                       std::move(f), where};
}

// Something that is ready or not: a latch, a wait group, an event, the barrier of a sync client.
// Choosing changes nothing, but that it resets an automatic event.
template <class X, class F = detail::no_handler>
  requires requires(X& x) { x.ready_source(); }
[[nodiscard]] auto on_ready(X& x, F f = {}, site where = site::current()) {
  return detail::source_case<decltype(x.ready_source()), F>{x.ready_source(), std::move(f), where};
}

// Something that choosing takes: a mutex, a shared mutex or shared(m), k permits of a semaphore.
template <class X, class F = detail::no_handler>
  requires(!std::is_integral_v<F>)
[[nodiscard]] auto on_acquire(X&& x, F f = {}, site where = site::current()) {
  return detail::source_case<decltype(x.acquire_source(1)), F>{x.acquire_source(1), std::move(f),
                                                               where};
}
template <class R, class F = detail::no_handler>
[[nodiscard]] auto on_acquire(basic_semaphore<R>& s, std::ptrdiff_t k, F f = {},
                              site where = site::current()) {
  return detail::source_case<decltype(s.acquire_source(k)), F>{s.acquire_source(k), std::move(f),
                                                               where};
}

// Ready once the time has come; a case like any other.  // SEL-12
template <class Rep, class Period, class F = detail::no_handler>
[[nodiscard]] auto on_timeout(const std::chrono::duration<Rep, Period>& d, F f = {},
                              site where = site::current()) {
  return detail::timeout_case<F>{detail::deadline_after(any_runtime::now(), d), std::move(f),
                                 where};
}
template <class Clock, class Duration, class F = detail::no_handler>
[[nodiscard]] auto on_timeout(const std::chrono::time_point<Clock, Duration>& at, F f = {},
                              site where = site::current()) {
  return detail::timeout_case<F>{detail::deadline_at(any_runtime::now(), at), std::move(f), where};
}

// Ready once the context has ended.
template <class F = detail::no_handler>
[[nodiscard]] auto on_done(const context& ctx, F f = {}, site where = site::current()) {
  return detail::done_case<F>{ctx, std::move(f), where};
}

// Chosen if no other case can proceed at once.
template <class F = detail::no_handler>
[[nodiscard]] auto on_default(F f = {}, site where = site::current()) {
  return detail::default_case<F>{std::move(f), where};
}

namespace detail {

template <bool InOrder, class... Cases>
selected select_of(Cases&... cases) {
  select_case* list[sizeof...(Cases) + 1] = {&cases...};
  return select_among<common_runtime<Cases...>>(list, sizeof...(Cases), InOrder);
}

}  // namespace detail

// Waits until one case has taken effect, runs its handler, and returns its position and outcome.
// Without cases, or with none that can ever be ready, blocks for ever.  // SEL-5
template <class... Cases>
  requires(std::is_base_of_v<detail::select_case, std::remove_cvref_t<Cases>> && ...)
selected select(Cases&&... cases) {
  return detail::select_of<false>(cases...);
}
// As select, but of several cases that can proceed the first is chosen.
template <class... Cases>
  requires(std::is_base_of_v<detail::select_case, std::remove_cvref_t<Cases>> && ...)
selected select_in_order(Cases&&... cases) {
  return detail::select_of<true>(cases...);
}

// What cases of every kind derive from; for lists of several kinds.
using select_case = detail::select_case;

// As select, over a range with size() of cases of one type, or of (smart) pointers to cases. Cases
// known only as select_case are those of `any`.
template <class Range>
selected select_list(Range&& cases) {
  using element = std::remove_cvref_t<decltype(*cases.begin())>;
  detail::scratch<detail::select_case*> list{cases.size()};
  std::size_t n = 0;
  for (auto& c : cases) list[n++] = detail::case_address(c);
  return detail::select_among<detail::common_runtime<element>>(&list[0], n, false);
}

}  // namespace lockstep::inline LOCKSTEP_ABI
