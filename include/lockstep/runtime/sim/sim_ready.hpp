// sim_ready.hpp: the simulated tasks that can run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../../detail/config.hpp"
#include "../../detail/prefetch.hpp"
#include "sim_task.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The next one is drawn from the first of them, 24 to 48; the others wait in line. So each is drawn
// soon, and all that is needed of it can be on the way to the cache by then.
class sim_ready {
 public:
  // One turn of so many takes who had it to the end of the line, so that others move up.
  static constexpr std::uint32_t turns_near = 8;

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
    if (near_count_ < near_most && waiting_ == 0) {
      near_[near_count_++] = &t;
    } else {
      slot(waiting_++) = &t;
    }
  }
  sim_task& take(std::uint32_t i) noexcept {
    sim_task& t = *near_[i];
    near_[i] = near_[--near_count_];
    if (near_count_ < near_least && waiting_ != 0) move_up();
    return t;
  }
  // Takes one out and puts another in: last in line, or in its stead, as all that the other needs is
  // near. But now and then that is last in line, too, so that everybody's turn comes.
  enum class next_turn { soon, last };
  sim_task& exchange(std::uint32_t i, sim_task& other, next_turn when) noexcept {
    if (waiting_ == 0 || (when == next_turn::soon && ++exchanges_ % turns_near != 0)) {
      return *std::exchange(near_[i], &other);
    }
    sim_task& t = take(i);
    put(other);
    return t;
  }

  // Fetches tasks that are to be put in. Returns where they will be.
  std::uint32_t fetch(sim_task* const* tasks, std::size_t count) const noexcept {
    if (few()) return near_count_;
    for (std::size_t i = 0; i < count; ++i) fetch_far(tasks[i], 0, 3);
    return near_count_;
  }
  // Fetches what will be needed of those that run soon, from there on: their closures, and the stacks
  // that they left.
  void fetch_stacks(std::uint32_t from) const noexcept {
    if (few()) return;
    for (std::uint32_t i = from; i < near_count_; ++i) {
      const sim_task& t = *near_[i];
      fetch_lines(t.code, -2, 2);  // and what it lies in
      if (t.left.at == nullptr) continue;
      const auto bytes = reinterpret_cast<const char*>(t.on) - static_cast<const char*>(t.left.at);
      fetch_far(t.left.at, 0, static_cast<int>(std::min<std::ptrdiff_t>(bytes / 64 + 2, 32)));
    }
  }

 private:
  static constexpr std::uint32_t near_most = 48;
  static constexpr std::uint32_t near_least = 24;

  // Whether they all stay in the cache.
  [[nodiscard]] bool few() const noexcept { return line_.size() < 512; }

  sim_task*& slot(std::size_t i) noexcept {
    const std::size_t n = first_ + i;
    return line_[n < line_.size() ? n : n - line_.size()];
  }
  // As many as are missing, from the line.
  void move_up() noexcept {
    sim_task** const to = near_ + near_count_;
    const std::size_t count = std::min<std::size_t>(near_most - near_count_, waiting_);
    for (std::size_t i = 0; i < count; ++i) to[i] = slot(i);
    first_ = first_ + count < line_.size() ? first_ + count : first_ + count - line_.size();
    waiting_ -= count;
    near_count_ += static_cast<std::uint32_t>(count);
    fetch_stacks(fetch(to, count) - static_cast<std::uint32_t>(count));
  }

  sim_task* near_[near_most];
  std::uint32_t near_count_ = 0;
  std::vector<sim_task*> line_;  // a ring
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
  std::uint32_t exchanges_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
