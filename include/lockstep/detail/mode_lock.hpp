// mode_lock.hpp: a lock that can be held in several modes: the machine inside shared_mutex.
//
// One word says how the lock is held. Each operation is a transition of that word: what its caller
// must hold, what nobody may hold when it happens, and what it changes. Transitions that have to
// wait queue up and are made in order of arrival, by whoever lets go, for the waiter.
//
// The mark "slow" in the word says that a task waits, or waited. While it is off, a transition is
// one atomic step. With it on, all are made under the short lock. Only an acquisition takes the
// mark off: a release leaves no step behind that a task it let in could overtake (LT-1).
#pragma once

#include <cstdint>
#include <cstdio>

#include "../contract.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "../status.hpp"
#include "blocking.hpp"
#include "config.hpp"
#include "wait_node.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The word: one writer, one holder of upgrade mode, any number of readers.
using lock_word = std::uint64_t;
inline constexpr lock_word lock_slow = 1;
inline constexpr lock_word lock_writer = 2;
inline constexpr lock_word lock_upgrader = 4;
inline constexpr lock_word lock_reader = 8;
inline constexpr lock_word lock_readers = ~lock_word{7};

struct transition {
  const char* verb;
  lock_word held;      // of this the caller holds something; 0: it holds nothing yet
  lock_word blockers;  // held by nobody when the transition is made
  lock_word change;    // is added to the word

  // Whoever holds the lock goes before those who do not.  // RW-6
  [[nodiscard]] constexpr bool goes_first() const noexcept { return held != 0; }
};

template <class R>
class mode_lock {
 public:
  [[nodiscard]] bool has_waiters() const noexcept { return !waiters_.empty(); }
  [[nodiscard]] lock_word word() const noexcept { return word_.load(std::memory_order_relaxed); }

  // Makes t if that takes no waiting: true. Else `seen` is the word that forbids it.
  bool take(const transition& t, lock_word& seen, const void* object, site where) {
    seen = word_.load(std::memory_order_relaxed);
    require_held(t, seen, object, where);
    while ((seen & (lock_slow | t.blockers)) == 0) {
      // Acquire: pairs with the release steps of those who held the lock before.
      if (word_.compare_exchange_weak(seen, seen + t.change, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

  // Makes t as soon as its turn has come, after take() failed.
  status wait(transition t, const limit& lim, const visible_op& what);

  // Makes t, which nobody can block.
  void release(const transition& t, const void* object, site where) {
    lock_word w = word_.load(std::memory_order_relaxed);
    while ((w & lock_slow) == 0) {
      require_held(t, w, object, where);
      // Release: pairs with the acquire in take() and in take_or_mark().
      if (word_.compare_exchange_weak(w, w + t.change, std::memory_order_release,
                                      std::memory_order_relaxed)) {
        return;
      }
    }
    release_slow(t, object, where.copy());
  }

  // For select (see source_case); what to call the operation comes from the object around.
  class source {
   public:
    using runtime_type = R;
    source(mode_lock& l, const transition& t, const visible_op& what) noexcept
        : self_{&l}, transition_{t}, what_{what} {}
    auto* lock() const noexcept { return &self_->lock_; }
    status poll() const noexcept {
      return self_->take_or_mark(transition_) ? status::ok : status::would_block;
    }
    void enqueue(wait_node<R>& n) const noexcept { self_->waiters_.push_back(n); }
    void dequeue(wait_node<R>& n, wake_list<R>& woken) const noexcept {
      self_->waiters_.erase(n);
      self_->grant(woken);
    }
    void* slot() noexcept { return &transition_; }
    visible_op operation() const noexcept { return what_; }

   private:
    mode_lock* self_;
    transition transition_;
    visible_op what_;
  };

 private:
  // A waiter's transition travels in its slot.
  static const transition& wanted(const wait_node<R>& n) noexcept {
    return *static_cast<const transition*>(n.slot);
  }
  static void require_held(const transition& t, lock_word w, const void* object, site where) {
    if (t.held != 0 && (w & t.held) == 0) [[unlikely]]
      violated(broken_rule(t.held), object, where.copy());
  }
  static const char* broken_rule(lock_word held) noexcept {
    return held == lock_writer     ? "unlock of a shared mutex that is not locked exclusively"
           : held == lock_upgrader ? "unlock of a shared mutex that is not in upgrade mode"
                                   : "unlock of a shared mutex that is not locked shared";
  }

  void release_slow(const transition& t, const void* object, site where);

  // Under the lock: makes t for an arrival if it need not wait; else marks the word.
  bool take_or_mark(const transition& t) noexcept;
  // Under the lock: makes the transitions of those whose turn has come.
  void grant(wake_list<R>& woken) noexcept;

  // A queue that is not empty implies the mark. While there is one, only the lock's owner writes the
  // word, and what the lock orders needs no order of its own.
  typename R::template atomic<lock_word> word_{0};
  typename R::short_lock lock_;
  wait_queue<R> waiters_;
};

template <class R>
LOCKSTEP_COLD status mode_lock<R>::wait(transition t, const limit& lim, const visible_op& what) {
  struct hooks : plain_wait<R> {
    mode_lock* self;
    bool first;
    hooks(mode_lock* l, bool f) noexcept : self{l}, first{f} {}
    void enqueue(wait_queue<R>& q, wait_node<R>& n) noexcept {
      first ? q.push_front(n) : q.push_back(n);
    }
    void abandoned(wake_list<R>& woken) noexcept { self->grant(woken); }  // RW-8
  };
  waiter<R> op;
  wait_node<R> n{op, &t};
  lock_scope hold{lock_};
  if (take_or_mark(t)) return status::ok;
  if (lim.poll) return status::would_block;
  return block(
      waiters_, n, lock_, hold, lim, [&] { return what; }, hooks{this, t.goes_first()});
}

template <class R>
bool mode_lock<R>::take_or_mark(const transition& t) noexcept {
  // Acquire: pairs with the release steps made while there was no mark.
  const lock_word w = word_.fetch_or(lock_slow, std::memory_order_acquire) | lock_slow;
  const bool overtakes = !waiters_.empty() && !t.goes_first();  // RW-1, RW-3
  if (overtakes || (w & t.blockers) != 0) return false;
  // Release: pairs with the acquire in take(), to which it hands on what this one acquired.
  word_.store(w - (waiters_.empty() ? lock_slow : 0) + t.change, std::memory_order_release);
  return true;
}

template <class R>
void mode_lock<R>::grant(wake_list<R>& woken) noexcept {
  if (waiters_.empty()) return;
  lock_word w = word_.load(std::memory_order_relaxed);
  const auto unblocked = [&w](const wait_node<R>& n) { return (w & wanted(n).blockers) == 0; };
  while (wait_node<R>* n = waiters_.pop_fitting(unblocked)) {  // RW-3
    w += wanted(*n).change;
    woken.add(*n);
  }
  word_.store(w, std::memory_order_relaxed);
}

template <class R>
LOCKSTEP_COLD void mode_lock<R>::release_slow(const transition& t, const void* object, site where) {
  wake_list<R> woken;
  {
    const lock_scope hold{lock_};
    // Marked before the change can be seen: whoever profits from it passes through the lock, too.
    // Acquire: as in take_or_mark.
    const lock_word w = word_.fetch_or(lock_slow, std::memory_order_acquire) | lock_slow;
    require_held(t, w, object, where);
    word_.store(w + t.change, std::memory_order_relaxed);
    grant(woken);
  }
  woken.wake();
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
