// sim_task.hpp: a simulated task, and those of them that can run.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../detail/config.hpp"
#include "../task.hpp"
#include "../timer_heap.hpp"
#include "sim_stacks.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class sim_clock;
class simulation;

// Known from its start, before it has a stack, to its end.
struct sim_task : heap_timer {
  task_closure* code = nullptr;
  simulation* home = nullptr;
  stack_slab* slab = nullptr;
  sim_stack* flow = nullptr;                         // null before it first runs
  const sim_clock* clock = nullptr;                  // null: it knows true time
  std::atomic<std::uintptr_t>* waits_for = nullptr;  // the word of its parker, while it is blocked
  std::uint64_t number = 0;                          // in the order of their starts, from 1
  std::size_t place = 0;                             // among the tasks that have not ended
  visible_op next_op;                                // announced last: done, or to be done next
  const void* left_at = nullptr;                     // where its stack was left, to be fetched
  unsigned shields = 0;
  unsigned refusals = 0;  // to end, although it is given up
};

// Tasks, of which any may be taken out; in no particular order. To take one out touches no other, which
// may have been out of the cache for long.
class sim_task_bag {
 public:
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return tasks_.size() - free_.size(); }

  template <class F>
  void for_each(F f) const {
    for (sim_task* const t : tasks_) {
      if (t != nullptr) f(*t);
    }
  }

  // Throws std::bad_alloc.
  void put(sim_task& t) {
    if (free_.empty()) {
      if (tasks_.size() == tasks_.capacity()) tasks_.reserve(2 * tasks_.size() + 16);
      free_.reserve(tasks_.capacity());
      tasks_.push_back(&t);
      t.place = tasks_.size() - 1;
    } else {
      t.place = free_.back();
      free_.pop_back();
      tasks_[t.place] = &t;
    }
  }
  void take(const sim_task& t) noexcept {
    tasks_[t.place] = nullptr;
    free_.push_back(t.place);
  }

 private:
  std::vector<sim_task*> tasks_;
  std::vector<std::size_t> free_;  // places
};

// The tasks that can run. The next one is drawn from the first 64 of them; the others wait in line. So
// each is drawn soon, and all that is needed of it can be on the way to the cache by then.
class sim_ready {
 public:
  [[nodiscard]] bool empty() const noexcept { return near_count_ == 0; }
  // Of how many one may be drawn.
  [[nodiscard]] std::uint32_t choices() const noexcept { return near_count_; }

  // From now on, put() has room for so many tasks. Throws std::bad_alloc.
  void reserve(std::size_t tasks) {
    if (tasks <= line_.size()) return;
    std::vector<sim_task*> longer(2 * tasks);
    for (std::size_t i = 0; i < waiting_; ++i) longer[i] = slot(i);
    line_ = std::move(longer);
    first_ = 0;
  }
  void put(sim_task& t) noexcept {
    if (near_count_ < near_most) {
      near_[near_count_++] = &t;
      if (many_tasks()) fetch_stack(t);
    } else {
      slot(waiting_++) = &t;
    }
  }
  sim_task& take(std::uint32_t i) noexcept {
    sim_task& t = *near_[i];
    if (waiting_ == 0) {
      near_[i] = near_[--near_count_];
    } else {
      near_[i] = &next_in_line();
    }
    return t;
  }
  // Takes one out and puts another in.
  sim_task& exchange(std::uint32_t i, sim_task& other) noexcept {
    sim_task& t = take(i);
    put(other);
    return t;
  }

 private:
  static constexpr std::uint32_t near_most = 64;
  static constexpr std::size_t ahead = 8;  // turns that memory takes, about

  sim_task*& slot(std::size_t i) noexcept {
    const std::size_t n = first_ + i;
    return line_[n < line_.size() ? n : n - line_.size()];
  }

  // Whether they do not all stay in the cache.
  [[nodiscard]] bool many_tasks() const noexcept { return line_.size() > 512; }
  static void fetch(const void* from, int lines) noexcept {
    for (int i = 0; i < lines; ++i) __builtin_prefetch(static_cast<const char*>(from) + i * 64);
  }
  // What it will need of its closure, and of the stack that it left.
  static void fetch_stack(const sim_task& t) noexcept {
    fetch(t.code, 2);
    if (t.left_at != nullptr) fetch(t.left_at, 8);
  }

  sim_task& next_in_line() noexcept {
    // First the task itself, then, when it is there, the stack that it left.
    if (many_tasks() && waiting_ > 2 * ahead) {
      fetch(slot(2 * ahead), 3);
      fetch_stack(*slot(ahead));
    }
    sim_task& t = *slot(0);
    first_ = first_ + 1 == line_.size() ? 0 : first_ + 1;
    --waiting_;
    return t;
  }

  sim_task* near_[near_most];
  std::uint32_t near_count_ = 0;
  std::vector<sim_task*> line_;  // a ring
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
