// sim_clock.hpp: the clocks of simulated machines, which need not agree.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "../../clock.hpp"
#include "../../contract.hpp"
#include "../../detail/config.hpp"
#include "../../site.hpp"

namespace lockstep::inline LOCKSTEP_ABI::sim {

// How a clock differs from true time, which is that of the simulation.
struct clock_error {
  struct step {
    duration after{};  // so much true time after the clock was set
    duration by{};     // the date jumps by this
  };
  duration offset{};          // of the date and time of day
  std::int64_t rate_ppm = 0;  // how much faster it goes, in millionths: 100 gains 0.36 s in an hour
  std::vector<step> steps = {};
};

}  // namespace lockstep::inline LOCKSTEP_ABI::sim

namespace lockstep::inline LOCKSTEP_ABI::detail {

// What a clock with an error shows. Times are counted from the beginning of the simulation. Exact: a
// deadline is reached at the first nanosecond of true time at which the clock shows it.
class sim_clock {
 public:
  // Set at a point in true time, at which it has counted so much; that part never goes back. Contract:
  // the rate is within a million of 0, so that the clock goes on.
  sim_clock(sim::clock_error e, duration truth, duration counted)
      : error_{std::move(e)}, set_at_{truth}, counted_{counted} {
    expects(error_.rate_ppm > -million && error_.rate_ppm < million,
            "a clock's rate is not between -1,000,000 and 1,000,000 ppm", this, site{});
  }

  // Its steady part, which all deadlines are on.
  [[nodiscard]] duration steady(duration truth) const noexcept {
    return saturated(counted_.count() + wide{(truth - set_at_).count()} * pace() / million);
  }
  // When that will show so much, or more; duration::max() if never. It shows less when it is set.
  [[nodiscard]] duration truth(duration steady) const noexcept {
    const wide ns = wide{steady.count()} - counted_.count();
    return saturated(set_at_.count() + (ns * million + pace() - 1) / pace());
  }
  // The date and time of day, as the time since the simulation's first moment.
  [[nodiscard]] duration date(duration truth) const noexcept {
    duration d = steady(truth) + error_.offset;
    for (const auto& s : error_.steps) {
      if (truth - set_at_ >= s.after) d += s.by;
    }
    return d;
  }

 private:
  __extension__ using wide = __int128;
  static constexpr std::int64_t million = 1'000'000;
  static duration saturated(wide ns) noexcept {
    if (ns > duration::max().count()) return duration::max();
    return duration{static_cast<std::int64_t>(ns)};
  }
  [[nodiscard]] std::int64_t pace() const noexcept { return million + error_.rate_ppm; }

  sim::clock_error error_;
  duration set_at_;
  duration counted_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
