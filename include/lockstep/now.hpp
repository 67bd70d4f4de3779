// now.hpp: what time it is for the calling task. Simulated tasks have clocks of their own; programs
// that ask here, and not the clocks of std::chrono, run in simulated time unchanged.
#pragma once

#include "clock.hpp"
#include "detail/config.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// Of the clock that all deadlines are on; never goes back.
[[nodiscard]] inline time_point now() noexcept { return any_runtime::now(); }

// The date and time of day. Simulations begin at the start of the year 2000, UTC.
[[nodiscard]] inline std::chrono::system_clock::time_point system_now() noexcept {
  const auto* const ops = detail::current_runtime();
  return ops->system_now != nullptr ? ops->system_now() : std::chrono::system_clock::now();
}

}  // namespace lockstep::inline LOCKSTEP_ABI
