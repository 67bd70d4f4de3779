// task_list.hpp: the tasks that were started while observation was on, for reports. A task leaves
// the list when its task_info is destroyed, on whatever runtime.
#pragma once

#include <atomic>
#include <cstdint>

#include "../detail/bag.hpp"
#include "../detail/config.hpp"
#include "short_lock.hpp"
#include "task.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

inline constinit std::atomic<std::uint64_t> task_numbers{0};

// The number of a task, for good: in the order in which tasks were asked for theirs.
inline std::uint64_t next_task_number() noexcept {
  return task_numbers.fetch_add(1, std::memory_order_relaxed) + 1;
}

class task_list {
 public:
  // Lists a task that has not begun, unless there is no memory for that.
  void add(task_info& t) noexcept;

  // Calls f(task) for each, under the list's lock.
  template <class F>
  void for_each(F f) {
    const lock_scope hold{lock_};
    tasks_.for_each(f);
  }

 private:
  void remove(task_info& t) noexcept {
    const lock_scope hold{lock_};
    tasks_.take(t);
  }

  short_lock lock_;
  bag<task_info> tasks_;
};

inline constinit immortal<task_list> all_known_tasks{};
inline constinit task_list& known_tasks = all_known_tasks.it;

inline void task_list::add(task_info& t) noexcept {
  t.number.store(next_task_number(), std::memory_order_relaxed);
  t.leave = [](task_info& gone) noexcept { known_tasks.remove(gone); };
  const lock_scope hold{lock_};
  static_cast<void>(tasks_.put(t));
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
