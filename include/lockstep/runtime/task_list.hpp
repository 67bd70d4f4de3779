// task_list.hpp: the tasks that were started while observation was on, for reports. A task leaves
// the list when its task_info is destroyed, on whatever runtime.
#pragma once

#include <atomic>
#include <cstdint>

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
  // Links a task that has not begun.
  void add(task_info& t) noexcept;

  // Calls f(task) for each, newest first, under the list's lock.
  template <class F>
  void for_each(F f) {
    const lock_scope hold{lock_};
    for (task_info* t = head_; t != nullptr; t = t->next) f(*t);
  }

 private:
  void remove(task_info& t) noexcept {
    const lock_scope hold{lock_};
    (t.prev != nullptr ? t.prev->next : head_) = t.next;
    if (t.next != nullptr) t.next->prev = t.prev;
  }

  short_lock lock_;
  task_info* head_ = nullptr;
};

inline constinit task_list known_tasks{};

inline void task_list::add(task_info& t) noexcept {
  t.number.store(next_task_number(), std::memory_order_relaxed);
  t.leave = [](task_info& gone) noexcept { known_tasks.remove(gone); };
  const lock_scope hold{lock_};
  t.next = head_;
  if (head_ != nullptr) head_->prev = &t;
  head_ = &t;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
