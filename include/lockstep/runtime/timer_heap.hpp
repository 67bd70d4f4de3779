// timer_heap.hpp: deadlines in order, for schedulers that keep their own.
//
// A heap with four children a node, in one array: deadlines are compared without touching the timers
// themselves. Timers know their place in it, so that any of them can be taken out.
//
// Not thread-safe. Cost: O(log n) to insert, take out, or take the earliest; a timer that does not
// become one of the earliest is inserted in O(1) on average.
#pragma once

#include <cstddef>
#include <vector>

#include "../clock.hpp"
#include "../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct heap_timer {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t place = none;  // in the heap
};

class timer_heap {
 public:
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  // The earliest deadline; never, when empty.
  [[nodiscard]] time_point earliest() const noexcept {
    return entries_.empty() ? never : entries_.front().at;
  }

  // Requires that t is in no heap. Throws std::bad_alloc.
  void insert(heap_timer& t, time_point at) {
    entries_.push_back({});
    rise(entries_.size() - 1, {at, &t});
  }

  // Takes t out, if it is in.
  void erase(heap_timer& t) noexcept {
    const std::size_t hole = t.place;
    if (hole == heap_timer::none) return;
    t.place = heap_timer::none;
    const entry last = entries_.back();
    entries_.pop_back();
    if (hole == entries_.size()) return;
    if (hole > 0 && last.at < entries_[parent(hole)].at) {
      rise(hole, last);
    } else {
      sink(hole, last);
    }
  }

  // Takes out the earliest. Requires that there is one.
  heap_timer& pop() noexcept {
    heap_timer& t = *entries_.front().timer;
    for (std::size_t i = 1; i <= children && i < entries_.size(); ++i) {
      __builtin_prefetch(entries_[i].timer, 1);  // one of them is next
    }
    erase(t);
    return t;
  }

 private:
  struct entry {
    time_point at;
    heap_timer* timer = nullptr;
  };
  static constexpr std::size_t children = 4;
  static std::size_t parent(std::size_t i) noexcept { return (i - 1) / children; }

  void put(std::size_t i, const entry& e) noexcept {
    entries_[i] = e;
    e.timer->place = i;
  }
  // Puts e at i or above.
  void rise(std::size_t i, const entry& e) noexcept {
    for (; i > 0 && e.at < entries_[parent(i)].at; i = parent(i)) put(i, entries_[parent(i)]);
    put(i, e);
  }
  // Puts e at i or below.
  void sink(std::size_t i, const entry& e) noexcept {
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
      put(i, entries_[least]);
      i = least;
    }
    put(i, e);
  }

  std::vector<entry> entries_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
