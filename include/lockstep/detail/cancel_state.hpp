// cancel_state.hpp: the tree behind context: who is cancelled, and whom that wakes.
//
// All contexts of a tree share the lock of its root, so a cancellation ends a whole subtree at one
// instant, parent first. Deadlines need no timer: each wait is bounded by the earliest deadline
// above it, and a context whose deadline has passed is marked when somebody looks.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>

#include "../clock.hpp"
#include "../runtime/any.hpp"
#include "../runtime/short_lock.hpp"
#include "../status.hpp"
#include "alarm.hpp"
#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class cancel_state {
 public:
  // A child of parent (null: a new tree). Counted once for the caller.
  static cancel_state* make(cancel_state* parent, time_point deadline) {
    auto* s = new cancel_state;
    s->deadline_ = deadline;
    if (parent == nullptr) return s;
    s->root_ = parent->root_;
    s->parent_ = parent;
    s->deadline_ = deadline < parent->deadline_ ? deadline : parent->deadline_;
    parent->retain();
    const lock_scope hold{s->tree_lock()};
    const status inherited = parent->status_.load(std::memory_order_relaxed);
    s->status_.store(inherited, std::memory_order_relaxed);
    if (inherited == status::ok) {
      s->link_to_parent();
    } else {
      s->cause_ = parent->cause_;
    }
    return s;
  }

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

  static void release(cancel_state* s) noexcept {
    while (s != nullptr && s->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      cancel_state* const parent = s->parent_;
      if (parent != nullptr) {
        const lock_scope hold{s->tree_lock()};
        s->unlink_from_parent();
      }
      delete s;
      s = parent;
    }
  }

  // ok, cancelled, or timeout (its deadline passed). Never changes once it is not ok.
  status now_status() noexcept {
    const status s = status_.load(std::memory_order_acquire);
    if (s != status::ok || deadline_ == never || any_runtime::now() < deadline_) return s;
    end(status::timeout);
    return status_.load(std::memory_order_acquire);
  }

  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
  // What it was cancelled with, or null. Settled once now_status() is not ok.
  [[nodiscard]] const std::exception_ptr& cause() const noexcept { return cause_; }
  short_lock& tree_lock() noexcept { return root_->lock_; }

  // Ends this context and all below it, unless it has ended before; those whose deadline has
  // passed, as timeout. Returns whether this call ended it as it said. O(size of the subtree).
  bool end(status why, const std::exception_ptr& cause = nullptr) noexcept {
    alarm* woken = nullptr;
    bool as_said = false;
    {
      const lock_scope hold{tree_lock()};
      if (status_.load(std::memory_order_relaxed) != status::ok) return false;  // CTX-2
      unlink_from_parent();
      for (cancel_state* s = this; s != nullptr; s = s->following(this)) {
        s->end_one(why, cause, woken);
      }
      as_said = status_.load(std::memory_order_relaxed) == why;
    }
    alarm_list::wake(woken);  // LT-1: the scope may be gone already
    return as_said;
  }

  // Links an alarm, to ring when the context ends; false if it has ended.
  bool arm(alarm& a) noexcept {
    const lock_scope hold{tree_lock()};
    if (status_.load(std::memory_order_relaxed) != status::ok) return false;
    alarms_.add(a);
    return true;
  }
  // Afterwards the context does not touch the alarm any more, but for the wake of a claim it made.
  void disarm(alarm& a) noexcept {
    const lock_scope hold{tree_lock()};
    alarms_.remove(a);
  }

 private:
  cancel_state() = default;
  ~cancel_state() = default;

  void end_one(status why, const std::exception_ptr& cause, alarm*& woken) noexcept {
    if (status_.load(std::memory_order_relaxed) != status::ok) return;
    const bool late = deadline_ != never && any_runtime::now() >= deadline_;
    if (!late) cause_ = cause;
    // Release: pairs with the acquire in now_status; the cause, and what the canceller did, is seen.
    status_.store(late ? status::timeout : why, std::memory_order_release);
    alarms_.claim_all(woken);
  }

  // The next one in pre-order below top, or null.
  cancel_state* following(const cancel_state* top) noexcept {
    if (children_ != nullptr) return children_;
    for (cancel_state* s = this; s != top; s = s->parent_) {
      if (s->next_sibling_ != nullptr) return s->next_sibling_;
    }
    return nullptr;
  }

  void link_to_parent() noexcept {
    next_sibling_ = parent_->children_;
    if (next_sibling_ != nullptr) next_sibling_->prev_sibling_ = this;
    parent_->children_ = this;
    linked_ = true;
  }
  void unlink_from_parent() noexcept {
    if (!linked_) return;
    (prev_sibling_ != nullptr ? prev_sibling_->next_sibling_ : parent_->children_) = next_sibling_;
    if (next_sibling_ != nullptr) next_sibling_->prev_sibling_ = prev_sibling_;
    prev_sibling_ = next_sibling_ = nullptr;
    linked_ = false;
  }

  std::atomic<std::uint32_t> references_{1};
  std::atomic<status> status_{status::ok};
  bool linked_ = false;
  short_lock lock_;  // used in the root only
  time_point deadline_ = never;
  std::exception_ptr cause_;
  cancel_state* root_ = this;
  cancel_state* parent_ = nullptr;
  cancel_state* children_ = nullptr;
  cancel_state* next_sibling_ = nullptr;
  cancel_state* prev_sibling_ = nullptr;
  alarm_list alarms_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
