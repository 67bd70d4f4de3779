// timer_heap.hpp: deadlines in order, for schedulers that keep their own.
//
// A heap with four children a node, in one array that holds no pointers: deadlines move without the
// timers being touched, which a million tasks have out of the cache. A timer that is taken out early
// leaves its deadline behind, until that is on top or those left behind are the most.
//
// Not thread-safe. Cost: O(log n) to take the earliest; O(1) on average to insert one that does not
// become one of the earliest, and to take out any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "../detail/huge_pages.hpp"
#include "../detail/prefetch.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct heap_timer {
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::size_t place = none;  // in the heap's list of timers
};

class timer_heap {
 public:
  [[nodiscard]] bool empty() const noexcept { return live_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return live_; }
  // The earliest deadline; never, when empty.
  [[nodiscard]] time_point earliest() const noexcept {
    return entries_.empty() ? never : entries_.front().at;
  }

  // Requires that t is in no heap. Throws std::bad_alloc.
  void insert(heap_timer& t, time_point at) {
    if (entries_.size() == entries_.capacity()) grow();
    if (free_ == heap_timer::none) {
      timers_.push_back({.next_free = heap_timer::none});
      free_ = timers_.size() - 1;
    }
    t.place = free_;
    free_ = std::exchange(timers_[t.place], {.timer = &t}).next_free;
    entries_.push_back({});
    rise(entries_.size() - 1, {at, t.place});
    ++live_;
  }

  // Takes t out, if it is in.
  void erase(heap_timer& t) noexcept {
    if (t.place == heap_timer::none) return;
    timers_[std::exchange(t.place, heap_timer::none)].timer = nullptr;
    --live_;
    if (entries_.size() > 2 * live_ + most_left_behind) return forget_all_left_behind();
    forget_left_behind();
  }

  // Takes out the earliest. Requires that there is one.
  heap_timer& pop() noexcept {
    heap_timer& t = *timers_[entries_.front().place].timer;
    t.place = heap_timer::none;
    --live_;
    pop_entry();
    forget_left_behind();
    return t;
  }

 private:
  struct entry {
    time_point at;
    std::size_t place = 0;  // of its timer
  };
  union slot {
    heap_timer* timer;      // whose deadline an entry is; null once that was taken out
    std::size_t next_free;  // of those without an entry
  };
  static constexpr std::size_t children = 4;
  static constexpr std::size_t most_left_behind = 64;
  static constexpr std::size_t soon = 21;  // on the upper three levels
  static std::size_t parent(std::size_t i) noexcept { return (i - 1) / children; }

  LOCKSTEP_COLD void grow() {
    const std::size_t more = 2 * entries_.size() + 16;
    entries_.reserve(more);
    prefer_huge_pages(entries_.data(), more * sizeof(entry));
    timers_.reserve(more);
    prefer_huge_pages(timers_.data(), more * sizeof(slot));
  }
  void release(std::size_t place) noexcept {
    timers_[place] = {.next_free = std::exchange(free_, place)};
  }
  void pop_entry() noexcept {
    release(entries_.front().place);
    const entry last = entries_.back();
    entries_.pop_back();
    if (!entries_.empty()) sink(0, last);
  }
  // What is on top is a timer's.
  void forget_left_behind() noexcept {
    while (!entries_.empty() && timers_[entries_.front().place].timer == nullptr) pop_entry();
  }
  void forget_all_left_behind() noexcept {
    std::size_t kept = 0;
    for (const entry& e : entries_) {
      if (timers_[e.place].timer == nullptr) {
        release(e.place);
      } else {
        entries_[kept++] = e;
      }
    }
    entries_.resize(kept);
    for (std::size_t i = kept; i-- > 0;) sink(i, entries_[i]);  // Floyd's
  }

  // Puts e at i or above.
  void rise(std::size_t i, entry e) noexcept {
    for (; i > 0 && e.at < entries_[parent(i)].at; i = parent(i)) entries_[i] = entries_[parent(i)];
    entries_[i] = e;
  }
  // Puts e at i or below.
  void sink(std::size_t i, entry e) noexcept {
    for (;;) {
      const std::size_t first = i * children + 1;
      if (first >= entries_.size()) break;
      const std::size_t end =
          first + children < entries_.size() ? first + children : entries_.size();
      std::size_t least = first;
      for (std::size_t c = first + 1; c < end; ++c) {
        if (entries_[c].at < entries_[least].at) least = c;
      }
      if (e.at <= entries_[least].at) break;
      entries_[i] = entries_[least];
      if (i < soon) fetch_lines(&timers_[entries_[i].place], 0, 1);
      i = least;
    }
    entries_[i] = e;
  }

  std::vector<entry> entries_;
  std::vector<slot> timers_;
  std::size_t free_ = heap_timer::none;
  std::size_t live_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
