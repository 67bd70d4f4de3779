// sim_time.hpp: the time of a simulation, and what the clocks in it make of it.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <utility>

#include "../../clock.hpp"
#include "../../detail/config.hpp"
#include "../task.hpp"
#include "sim_clock.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// True time, which stands still but for move_to(). No clock (null) shows just that.
class sim_time : public task_world {
 public:
  sim_time() noexcept { move_to(epoch); }

  [[nodiscard]] time_point true_now() const noexcept {
    return time.load(std::memory_order_relaxed);
  }
  // Since the beginning.
  [[nodiscard]] duration elapsed() const noexcept { return true_now() - epoch; }

  [[nodiscard]] time_point now_by(const sim_clock* c) const noexcept {
    return c == nullptr ? true_now() : epoch + c->steady(elapsed());
  }
  // The date and time of day, as the time since the beginning.
  [[nodiscard]] duration date_by(const sim_clock* c) const noexcept {
    return c == nullptr ? elapsed() : c->date(elapsed());
  }
  // When the clock will show so much; now, if it did before.
  [[nodiscard]] time_point truth_of(time_point shown, const sim_clock* c) const noexcept {
    if (shown <= now_by(c)) return true_now();
    if (c == nullptr || shown == never) return shown;
    const duration at = c->truth(shown - epoch);
    return at < never - epoch ? epoch + at : never;
  }

  // A clock that counts on from what another shows now. Lives as long as this.
  const sim_clock* add_clock(sim::clock_error e, const sim_clock* after) {
    return &clocks_.emplace_back(std::move(e), elapsed(), now_by(after) - epoch);
  }

 protected:
  ~sim_time() = default;
  void move_to(time_point t) noexcept { time.store(t, std::memory_order_relaxed); }

 private:
  static constexpr time_point epoch{std::chrono::hours{1}};  // far from 0, where arithmetic may end

  std::deque<sim_clock> clocks_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
