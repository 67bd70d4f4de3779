// alarm.hpp: a wait as seen by what may end it without knowing its runtime.
//
// A context, or a backend, holds alarms of waits. To end one it first claims it, then, with its own
// lock dropped, wakes it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bag.hpp"
#include "config.hpp"
#include "wait_node.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct alarm {
  alarm(bool (*claim_)(alarm&) noexcept, void (*wake_)(alarm&) noexcept) noexcept
      : claim{claim_}, wake{wake_} {}

  bool (*claim)(alarm&) noexcept;
  void (*wake)(alarm&) noexcept;
  alarm* prev = nullptr;  // in a list,
  alarm* next = nullptr;
  std::size_t place = no_place;  // or a bag
  std::uint64_t threshold = 0;   // for holders that count: when it is due,
  std::uint64_t who = 0;         // and whose it is
  bool linked = false;
};

// Alarms that were claimed, and are to be woken once nothing is locked; a few.
class alarm_chain {
 public:
  void add(alarm& a) noexcept {
    a.next = first_;
    first_ = &a;
  }
  // Each may be gone at once.
  void wake() noexcept {
    while (alarm* const a = first_) {
      first_ = a->next;
      a->wake(*a);
    }
  }

 private:
  alarm* first_ = nullptr;
};

// Unordered alarms, under the lock of their owner.
class alarm_list {
 public:
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  void add(alarm& a) noexcept {
    a.prev = nullptr;
    a.next = first_;
    if (first_ != nullptr) first_->prev = &a;
    first_ = &a;
    a.linked = true;
  }
  void remove(alarm& a) noexcept {
    if (!a.linked) return;
    (a.prev != nullptr ? a.prev->next : first_) = a.next;
    if (a.next != nullptr) a.next->prev = a.prev;
    a.linked = false;
  }

  // Unlinks all, and chains those it could claim to `woken`.
  void claim_all(alarm*& woken) noexcept {
    for (alarm* a = first_; a != nullptr;) {
      alarm* const following = a->next;
      __builtin_prefetch(following);  // on the stack of one that may have waited for long
      remove(*a);
      if (a->claim(*a)) {
        a->next = woken;
        woken = a;
      }
      a = following;
    }
  }

  // Wakes a chain of claimed alarms; each may be gone at once. Not under the lock.
  static void wake(alarm* woken) noexcept {
    while (woken != nullptr) {
      alarm* const a = woken;
      woken = a->next;
      __builtin_prefetch(woken);
      a->wake(*a);
    }
  }

 private:
  alarm* first_ = nullptr;
};

// The alarm of a waiter on runtime R; ends it with the given token.
template <class R>
class waiter_alarm : public alarm {
 public:
  waiter_alarm(waiter<R>& op, int token) noexcept
      : alarm{[](alarm& a) noexcept { return self(a).op_->claim(self(a).token_); },
              [](alarm& a) noexcept { self(a).op_->wake(); }},
        op_{&op},
        token_{token} {}

 private:
  static waiter_alarm& self(alarm& a) noexcept { return static_cast<waiter_alarm&>(a); }
  waiter<R>* op_;
  int token_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
