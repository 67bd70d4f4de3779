// now.hpp: what time it is for the calling task. Simulated tasks have clocks of their own; programs
// that ask here, and not the clocks of std::chrono, run in simulated time unchanged.
//
//   const auto begun = lockstep::now();
//   this_task::sleep_until(lockstep::system_clock::now() + 5s);
#pragma once

#include "clock.hpp"
#include "detail/config.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// Of the clock that all deadlines are on; never goes back.
[[nodiscard]] inline time_point now() noexcept { return any_runtime::now(); }

// The date and time of day, as the calling task knows it: a clock like those of std::chrono, and its
// points are deadlines like any other. Simulations begin at the start of the year 2000, UTC.
struct system_clock {
  using duration = std::chrono::system_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<system_clock>;
  static constexpr bool is_steady = false;

  [[nodiscard]] static time_point now() noexcept {
    const auto* const ops = detail::current_runtime();
    return from_sys(ops->system_now != nullptr ? ops->system_now()
                                               : std::chrono::system_clock::now());
  }
  // The same date as one of the system's clock, and back.
  [[nodiscard]] static std::chrono::system_clock::time_point to_sys(const time_point& t) noexcept {
    return std::chrono::system_clock::time_point{t.time_since_epoch()};
  }
  [[nodiscard]] static time_point from_sys(
      const std::chrono::system_clock::time_point& t) noexcept {
    return time_point{t.time_since_epoch()};
  }
};

}  // namespace lockstep::inline LOCKSTEP_ABI
