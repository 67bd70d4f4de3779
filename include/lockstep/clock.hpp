// clock.hpp: deadlines. One time line, the steady clock of the runtime that waits.
#pragma once

#if defined(__GLIBCXX__) || __has_include(<bits/chrono.h>)
#include <mutex>  // libstdc++ defines durations and clocks here, at a third of <chrono>'s cost
#else
#include <chrono>
#endif

#include "detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

// The deadline that never comes.
inline constexpr time_point never = time_point::max();

namespace detail {

// Wide enough for the difference of any two points of any clock.
using wide_duration = std::chrono::duration<long double, duration::period>;

// d in nanoseconds, rounded up so that no wait ends early, and saturated at both ends.
template <class Rep, class Period>
[[nodiscard]] constexpr duration to_nanoseconds(const std::chrono::duration<Rep, Period>& d) {
  const wide_duration exact{d};
  if (exact >= wide_duration{duration::max()}) return duration::max();
  if (exact <= wide_duration{duration::min()}) return duration::min();
  return std::chrono::ceil<duration>(exact);
}

// start + d; `never` where that overflows.
template <class Rep, class Period>
[[nodiscard]] constexpr time_point deadline_after(time_point start,
                                                  const std::chrono::duration<Rep, Period>& d) {
  const duration wait = to_nanoseconds(d);
  if (wait > duration::zero() && start.time_since_epoch() > duration::max() - wait) return never;
  return start + (wait < duration::zero() ? duration::zero() : wait);
}

// A point on any clock as a deadline on ours. For a foreign clock the distance from its now()
// counts; later adjustments of that clock are not followed.
template <class Clock, class Duration>
[[nodiscard]] time_point deadline_at(time_point now,
                                     const std::chrono::time_point<Clock, Duration>& at) {
  if constexpr (std::is_same_v<Clock, std::chrono::steady_clock>) {
    return time_point{to_nanoseconds(at.time_since_epoch())};
  } else {
    return deadline_after(
        now, wide_duration{at.time_since_epoch()} - wide_duration{Clock::now().time_since_epoch()});
  }
}

}  // namespace detail
}  // namespace lockstep::inline LOCKSTEP_ABI
