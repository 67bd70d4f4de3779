// alarm_bag.hpp: alarms that wait for a number to be reached, a million of them perhaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "../error.hpp"
#include "alarm.hpp"
#include "bag.hpp"
#include "config.hpp"
#include "prefetch.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Alarms that were claimed, and are to be woken once nothing is locked. Several chains of them, so that
// what is needed of the first of each can be fetched together.
class claimed_alarms {
 public:
  void add(alarm& a) noexcept {
    alarm*& first = chains_[count_++ % chains];
    a.next = std::exchange(first, &a);
  }
  // Each may be gone at once.
  void wake() noexcept {
    while (count_ != 0) {
      for (alarm* const a : chains_) {
        if (a != nullptr && count_ > few) fetch_far(a, -2, 3);
      }
      for (alarm*& first : chains_) {
        if (first == nullptr) continue;
        alarm* const a = std::exchange(first, first->next);
        --count_;
        a->wake(*a);
      }
    }
  }

 private:
  static constexpr std::size_t chains = 16;
  static constexpr std::size_t few = 512;  // which stay in the cache

  alarm* chains_[chains] = {};
  std::size_t count_ = 0;
};

// Under the lock of its owner.
class alarm_bag {
 public:
  // Rings `a` once its threshold is reached. Throws error{unavailable}: no memory.
  void add(alarm& a) {
    if (!alarms_.put(a)) raise(status::unavailable, "there is no memory for one more wait");
    ++changes_;
    lowest_ = a.threshold < lowest_ ? a.threshold : lowest_;
  }
  void remove(alarm& a) noexcept {
    ++changes_;
    alarms_.take(a);
  }
  template <class F>
  void for_each(F f) const {
    alarms_.for_each(f);
  }
  // Grows with every alarm that comes or goes.
  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

  // Removes the alarms whose threshold is reached, and adds those that it could claim to `claimed`.
  // Cost: O(1) if there is none; else O(alarms).
  template <class Claimed>
  void claim(std::uint64_t reached, Claimed& claimed) noexcept {
    if (reached < lowest_) return;
    lowest_ = none;
    for (std::size_t i = 0; i < alarms_.places(); ++i) {
      if (i % ahead == 0 && alarms_.places() > few) fetch(i);
      alarm* const a = alarms_.at(i);
      if (a == nullptr) continue;
      if (a->threshold > reached) {
        lowest_ = a->threshold < lowest_ ? a->threshold : lowest_;
        continue;
      }
      remove(*a);
      if (a->claim(*a)) claimed.add(*a);
    }
  }
  template <class Claimed>
  void claim_all(Claimed& claimed) noexcept {
    claim(none, claimed);
  }

 private:
  static constexpr std::size_t ahead = 32;
  static constexpr std::size_t few = 512;  // which stay in the cache
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

  // An alarm lies beside its wait, on a stack that may be far away.
  void fetch(std::size_t from) const noexcept {
    for (std::size_t i = from; i < from + ahead && i < alarms_.places(); ++i) {
      if (const alarm* const a = alarms_.at(i)) fetch_far(a, -2, 3);
    }
  }

  bag<alarm> alarms_;
  std::uint64_t lowest_ = none;  // no threshold is below it
  std::uint64_t changes_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
