// wait_node.hpp: the fired token, and the queue of blocked operations.
//
// A blocked operation is one `waiter` on its task's stack, and one `wait_node` in the queue of each
// object it waits for (a select has several). Whoever brings it to an end first wins the claim, a
// compare-and-swap on the token, from "waiting" to the outcome; then moves the value, records the
// result in the node, and, with the object's lock dropped, wakes the waiter. A timeout and a
// cancellation are claimants like any other, so what a wait reports is always what happened.
//
// Source: the token is selectDone of Go's runtime/select.go and Context::select of crossbeam.
#pragma once

#include <cstdint>

#include "../runtime/observer.hpp"
#include "../status.hpp"
#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Runtimes that record blocked operations declare observed().
template <class R>
concept observed_runtime = requires { R::observed(); };

// While one lives, nothing interrupts the calling task.
template <class R>
struct shield {
  shield() noexcept {}
};
template <class R>
  requires requires { typename R::shield; }
struct shield<R> : R::shield {};

// Values of a token beside the winning case's index (0 and up).
enum : int { fired_timeout = -2, fired_cancelled = -3 };

template <class R>
class waiter {
 public:
  waiter() = default;
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  // Says that only those can end this wait who find it in its one object's queue, under the lock:
  // nothing else is registered, and the task cannot be interrupted. Claims then need no token. False:
  // the runtime may interrupt the task.
  bool leave_to_object() noexcept {
    if constexpr (requires { parker_.interruptible(); }) {
      left_to_object_ = !parker_.interruptible();
    } else {
      left_to_object_ = !requires { typename R::shield; };
    }
    return left_to_object_;
  }

  // Exactly one caller ever gets true, and then owes one wake().
  bool claim(int outcome) noexcept {
    if (left_to_object_) return true;
    int state = waiting;
    // Release: the waiter, which reads the token, sees the claimer's writes before it. Acquire:
    // the claimer sees the waiter's slot as it was registered.
    while (!fired_.compare_exchange_strong(state, outcome, std::memory_order_acq_rel,
                                           std::memory_order_acquire)) {
      if (!is_waiting(state)) return false;
    }
    if constexpr (observed_runtime<R>) {
      if (state == waiting_counted) [[unlikely]]
        observed_waits.uncount();
    }
    return true;
  }

  void wake() noexcept { parker_.unpark(); }

  // Blocks until somebody claimed and woke this operation, or claims it for the deadline.
  // Returns the token's value. If the task is interrupted, claims it, calls leave() and rethrows;
  // where another claim came first, that stands, and the interruption is left for a later wait.
  template <class Leave>
  int wait(time_point deadline, Leave leave) {
    LOCKSTEP_TRY {
      const bool woken = deadline == never ? (parker_.park(), true) : parker_.park_until(deadline);
      if (woken) return fired_.load(std::memory_order_acquire);
      if (claim(fired_timeout)) return fired_timeout;
    }
    LOCKSTEP_CATCH_ALL {
      if (claim(fired_cancelled)) {
        leave();
        LOCKSTEP_RETHROW;
      }
    }
    return wait_firmly();  // claimed by another: its wake is on the way
  }

  // Blocks until somebody claimed and woke this operation, which was left to the object that `hold`
  // locks. Returns unlocked.
  template <class Lock>
  void wait_for_object(lock_scope<Lock>& hold) noexcept {
    if constexpr (requires(Lock& lock) { parker_.park_releasing(lock); }) {
      parker_.park_releasing(hold.release());
    } else {
      hold.unlock();
      parker_.park();
    }
  }

  // Blocks until somebody claimed and woke this operation, whatever interrupts the task.
  int wait_firmly() noexcept {
    const shield<R> to_the_end;
    parker_.park();
    return fired_.load(std::memory_order_acquire);
  }

  // After leave() and the exception: takes the interruption for one that came too late.
  void postpone_interruption() noexcept {
    parker_.unpark();
    wait_firmly();
  }

  // Records the wait in r, and may count it as one for ever. The last step of registering it, with
  // the objects still locked: whatever ends the wait has claimed it before, and then it is not
  // counted, or will claim it and uncount it.
  void observe(blocked_record& r, bool counts) noexcept {
    r.fired = &fired_;
    observed_waits.add(r);
    int state = waiting;
    if (counts &&
        fired_.compare_exchange_strong(state, waiting_counted, std::memory_order_acq_rel)) {
      observed_waits.count();
    }
  }

 private:
  typename R::template atomic<int> fired_{waiting};
  bool left_to_object_ = false;
  typename R::parker parker_;
};

// One registration of a waiter with one object. Links and result belong to the object's lock until
// the claim, to the claimer until the wake, to the waiter afterwards.
template <class R>
struct wait_node {
  wait_node(waiter<R>& w, void* payload, int case_index = 0) noexcept
      : op{&w}, slot{payload}, index{case_index} {}

  // Brings the wait to an end for this node's case, unless another claim came first.
  bool claim(status outcome) noexcept {
    if (!op->claim(index)) return false;
    result = outcome;
    return true;
  }

  wait_node* prev = nullptr;
  wait_node* next = nullptr;
  waiter<R>* op;
  void* slot;  // where the value is taken from or put, before the wake
  int index;
  status result = status::ok;
  bool linked = false;
};

// Claimed nodes, to be woken when the lock is dropped.
template <class R>
class wake_list {
 public:
  wake_list() = default;
  wake_list(const wake_list&) = delete;
  wake_list& operator=(const wake_list&) = delete;

  void add(wait_node<R>& n) noexcept {
    n.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &n;
    last_ = &n;
  }

  // Wakes in the order of add. A woken node may be gone at once.
  void wake() noexcept {
    for (wait_node<R>* n = first_; n != nullptr;) {
      wait_node<R>* const following = n->next;
      __builtin_prefetch(following);  // on the stack of one that may have waited for long
      n->op->wake();
      n = following;
    }
    first_ = last_ = nullptr;
  }

 private:
  wait_node<R>* first_ = nullptr;
  wait_node<R>* last_ = nullptr;
};

// FIFO of registrations, under the lock of the object that owns it.
template <class R>
class wait_queue {
 public:
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  [[nodiscard]] wait_node<R>* front() const noexcept { return first_; }

  void push_back(wait_node<R>& n) noexcept { insert(n, last_, nullptr); }
  void push_front(wait_node<R>& n) noexcept { insert(n, nullptr, first_); }

  // Unlinks n if it is linked.
  void erase(wait_node<R>& n) noexcept {
    if (!n.linked) return;
    (n.prev != nullptr ? n.prev->next : first_) = n.next;
    (n.next != nullptr ? n.next->prev : last_) = n.prev;
    n.linked = false;
  }

  // Unlinks nodes from the front until one can be claimed; null when none is left. Registrations
  // of waiters that were claimed elsewhere are dropped on the way.
  wait_node<R>* pop_claimed(status outcome = status::ok) noexcept {
    while (wait_node<R>* n = first_) {
      erase(*n);
      if (n->claim(outcome)) return n;
    }
    return nullptr;
  }

  // As pop_claimed, while fits(node) holds: null at the first that does not fit. That one may be of
  // a select, whose other registrations come right behind it and may fit.
  template <class Fits>
  wait_node<R>* pop_fitting(Fits fits) noexcept {
    wait_node<R>* n = first_;
    while (n != nullptr) {
      if (fits(*n)) {
        erase(*n);
        if (n->claim(status::ok)) return n;
        n = first_;
      } else {
        n = n->next != nullptr && n->next->op == n->op ? n->next : nullptr;
      }
    }
    return nullptr;
  }

  // Claims everyone with the same outcome.
  void claim_all(status outcome, wake_list<R>& woken) noexcept {
    while (wait_node<R>* n = pop_claimed(outcome)) woken.add(*n);
  }

 private:
  void insert(wait_node<R>& n, wait_node<R>* before, wait_node<R>* after) noexcept {
    n.prev = before;
    n.next = after;
    (before != nullptr ? before->next : first_) = &n;
    (after != nullptr ? after->prev : last_) = &n;
    n.linked = true;
  }

  wait_node<R>* first_ = nullptr;
  wait_node<R>* last_ = nullptr;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
