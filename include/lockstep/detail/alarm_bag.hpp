// alarm_bag.hpp: alarms that wait for a number to be reached, up to a million of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>

#include "../error.hpp"
#include "alarm.hpp"
#include "bag.hpp"
#include "config.hpp"
#include "prefetch.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Under the lock of its owner, but for ring().
class alarm_bag {
 public:
  // Rings `a` once its threshold is reached. Throws error{unavailable}: no memory.
  void add(alarm& a) {
    if (!alarms_.put(a)) raise(status::unavailable, "there is no memory for one more wait");
    lowest_ = a.threshold < lowest_ ? a.threshold : lowest_;
  }
  void remove(alarm& a) noexcept { alarms_.take(a); }
  template <class F>
  void for_each(F f) const {
    alarms_.for_each(f);
  }

  // Whether there may be an alarm to ring when so much is reached.
  [[nodiscard]] bool due(std::uint64_t reached) const noexcept { return lowest_ <= reached; }

  // Rings those whose threshold is reached, which reached() tells. Called without the lock; takes it
  // for some of them at a time. Who adds an alarm meanwhile looks at what is reached first.
  template <class Lock, class Reached>
  void ring(Lock& lock, Reached reached) noexcept {
    alarm* woken[at_once];
    for (std::size_t next = 0, last = 1; next < last;) {
      std::size_t count = 0;
      {
        const std::lock_guard hold{lock};
        last = alarms_.places();
        if (next == 0) lowest_ = none;
        if (last > few) fetch(next, last);
        for (const std::size_t end = std::min(last, next + at_once); next < end; ++next) {
          alarm* const a = alarms_.at(next);
          if (a == nullptr) continue;
          if (a->threshold > reached()) {
            lowest_ = a->threshold < lowest_ ? a->threshold : lowest_;
            continue;
          }
          remove(*a);
          if (a->claim(*a)) woken[count++] = a;
        }
      }
      for (std::size_t i = 0; i < count; ++i) woken[i]->wake(*woken[i]);  // it may be gone at once
    }
  }

  template <class Lock>
  void ring_all(Lock& lock) noexcept {
    ring(lock, [] { return none; });
  }

 private:
  static constexpr std::size_t at_once = 64;
  static constexpr std::size_t few = 512;  // which stay in the cache
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

  // What ring() will need. An alarm lies beside its wait, on a stack that may be far away.
  void fetch(std::size_t next, std::size_t last) const noexcept {
    for (const std::size_t end = std::min(last, next + at_once); next < end; ++next) {
      if (const alarm* const a = alarms_.at(next)) fetch_far(a, -2, 3);
    }
  }

  bag<alarm> alarms_;
  std::uint64_t lowest_ = none;  // no threshold is below it
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
