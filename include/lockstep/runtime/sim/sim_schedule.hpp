// sim_schedule.hpp: which simulated tasks can run, which will, and which wait for a time to come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "../../clock.hpp"
#include "../../contract.hpp"
#include "../../detail/config.hpp"
#include "../../detail/prefetch.hpp"
#include "../../site.hpp"
#include "../timer_heap.hpp"
#include "sim_ready.hpp"
#include "sim_task.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class sim_schedule {
 public:
  // Of tasks of this simulation.
  explicit sim_schedule(const simulation& of) noexcept : of_{&of} {}

  // Those that can run now.
  [[nodiscard]] sim_ready& ready() noexcept { return ready_; }
  [[nodiscard]] const timer_heap& timers() const noexcept { return timers_; }

  // t can run from now on. Requires that room was reserved for it.
  void add(sim_task& t) noexcept {
    timers_.erase(t);
    t.waits_for = nullptr;
    ready_.put(t);
  }

  // t waits until it is woken, or until then. Throws std::bad_alloc.
  void wait_until(sim_task& t, time_point at) {
    if (at != never) timers_.insert(t, at);
  }
  // There is a permit for t, which waits, or for which its deadline came before: it can run once the
  // schedule is settled. Returns whether that had better be soon.
  [[nodiscard]] bool wake(sim_task& t) noexcept {
    woken_[woken_count_++] = &t;
    return woken_count_ == std::size(woken_);
  }
  [[nodiscard]] bool is_settled() const noexcept { return woken_count_ == 0; }
  // Those woken can run from now on; added(t) is called for each.
  template <class Added>
  void settle(Added added) noexcept {
    add_all(woken_, std::exchange(woken_count_, 0), added);
  }

  // Those whose deadlines have come can run from now on; added(t) is called for each.
  template <class Added>
  void wake_due(time_point now, Added added) noexcept {
    while (timers_.earliest() <= now) {
      sim_task* due[at_once];
      std::size_t count = 0;
      for (; count < at_once && timers_.earliest() <= now; ++count) {
        due[count] = static_cast<sim_task*>(&timers_.pop());
        fetch_lines(due[count], 0, 1);  // on its way, while the next are looked for
      }
      // Their words, on stacks that are far away, say for now that they wait.
      add_all(due, count, added);
    }
  }

 private:
  static constexpr std::size_t at_once = 32;  // as each is far away, where there are many

  template <class Added>
  void add_all(sim_task* const* tasks, std::size_t count, Added added) noexcept {
    const std::uint32_t first = ready_.fetch(tasks, count);
    for (std::size_t i = 0; i < count; ++i) {
      expects(tasks[i]->home == of_, "a simulated task is woken from another simulation", nullptr,
              site{});
      if (tasks[i]->waits_for == nullptr) continue;
      add(*tasks[i]);
      added(*tasks[i]);
    }
    ready_.fetch_stacks(first);
  }

  const simulation* of_;
  sim_ready ready_;
  timer_heap timers_;
  sim_task* woken_[at_once];
  std::size_t woken_count_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
