// concept.hpp: what a runtime must offer so that every primitive of the library runs on it.
//
// A runtime is a type with static members. A primitive blocks only through runtime::parker.
//
// Contract of a parker (testing/parker.hpp checks it):
//  1. One owner waits, anyone may unpark; at most one unpark a round; an unpark that comes before
//     its park is remembered.
//  2. unpark happens-before the return of the park that it releases.
//  3. The parker may be destroyed as soon as park has returned: after its decisive store, unpark
//     touches no member (an address may still be passed to a wake-up call that tolerates strays).
//  4. park_until returns false when the deadline passed without an unpark. That does not decide
//     anything: who claimed the fired token does. The round goes on until a park returns.
//  5. No park returns without its unpark.
//  6. unpark neither allocates nor throws.
//  7. A parker may have park_releasing(short_lock&): a park that unlocks what the owner holds, once
//     the task can be woken; unpark is then called only by one who has held that lock since.
//  8. Where tasks can be interrupted, a park that was not released may throw instead. The round goes
//     on; a later park in it leaves the interruption pending, so that the next round throws. Such a
//     runtime has a type `shield`: while one lives, parks of the calling task do not throw.
#pragma once

#include <concepts>
#include <cstdint>

#include "../clock.hpp"
#include "../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
concept runtime = requires(typename R::parker p, typename R::short_lock m, time_point t) {
  { R::now() } noexcept -> std::same_as<time_point>;
  p.park();
  { p.park_until(t) } -> std::same_as<bool>;
  { p.unpark() } noexcept;
  m.lock();    // for critical sections of a few dozen instructions,
  m.unlock();  // in which nothing blocks and no user code runs
  { R::random() } noexcept -> std::same_as<std::uint64_t>;
  R::yield();
  typename R::template atomic<int>;  // std::atomic, or an instrumented one
};

// Starting tasks is separate: primitives never do.
template <class R>
concept spawning_runtime = runtime<R> && requires { R::spawn(nullptr, nullptr); };

}  // namespace lockstep::inline LOCKSTEP_ABI
