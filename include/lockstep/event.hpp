// event.hpp: something that has happened, or not.
//
// event e;                                            manual: set() opens it until reset()
// event e{event::automatic};                          each set() lets one task through
// event e{event::automatic, event::initially_set};
//
// A manual event that is set releases every task that waits, and all that come, until it is reset.
// An automatic one releases the task that has waited longest; if none waits, the set is remembered
// for the next, once: sets do not add up (semaphore.hpp counts).
//
// Ordering: what X does before set() is visible to Y after the wait() that it released, and after a
// wait(), is_set() or reset() that found the event set (EV-7, EV-10).
// Lifetime: may be destroyed as soon as no task waits; a set() that released one need not have
// returned.
// Cost: without waiters each operation is one atomic step; a wait for a manual event that is set, one
// load.
// Source: the events of Win32; statements EV-1..10.
#pragma once

#include <cstdint>

#include "context.hpp"
#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/wait_node.hpp"
#include "detail/wait_spellings.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class basic_event : public detail::wait_spellings<basic_event<R>, R>,
                    private detail::visible_object<basic_event<R>, R> {
 public:
  using runtime_type = R;
  enum resetting : bool { manual, automatic };
  enum beginning : bool { initially_unset, initially_set };

  constexpr explicit basic_event(resetting how = manual, beginning b = initially_unset) noexcept
      : word_{b == initially_set ? up : 0}, automatic_{how == automatic} {}
  basic_event(const basic_event&) = delete;
  basic_event& operator=(const basic_event&) = delete;
  // Contract: no task waits.
  ~basic_event() {
    detail::expects(waiters_.empty(), "an event is destroyed with waiters", this, site::current());
  }

  void set(site where = site::current());
  // Takes back a set. Who was released by it stays released.  // EV-8
  void reset(site where = site::current());
  // Whether a wait would return at once. A snapshot, which takes nothing.
  [[nodiscard]] bool is_set() const noexcept {
    return (word_.load(std::memory_order_acquire) & up) != 0;
  }

  // Whether the event was set. This, too, resets an automatic one, as all forms of wait do.
  [[nodiscard]] bool try_wait(site where = site::current()) {
    return wait_core(detail::limit::at_once(), where) == status::ok;
  }

  // For on_ready.
  class source;
  source ready_source() noexcept { return source{*this}; }

 private:
  friend class detail::visible_object<basic_event, R>;
  friend class detail::wait_spellings<basic_event, R>;
  using node = detail::wait_node<R>;
  using hold_type = detail::lock_scope<typename R::short_lock>;

  // set, and slow: a task waits, or waited; then only the lock may change the word. Only a wait takes
  // the mark off: set() leaves no step behind that a task it released could overtake (LT-1).
  static constexpr std::uint32_t up = 1;
  static constexpr std::uint32_t slow = 2;

  status wait_core(const detail::limit& lim, site where);
  status wait_slow(const detail::limit& lim, site where);
  void set_slow();

  // Under the lock: passes if the event is set; else marks the word.
  bool pass_or_mark() noexcept;

  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "event", this, where, nullptr};
  }

  typename R::template atomic<std::uint32_t> word_;
  typename R::short_lock lock_;
  const bool automatic_;
  detail::wait_queue<R> waiters_;  // not empty: the word has the mark, and is not set
};

// What select drives; see source_case.
template <class R>
class basic_event<R>::source {
 public:
  using runtime_type = R;
  explicit source(basic_event& e) noexcept : self_{&e} {}
  auto* lock() const noexcept { return &self_->lock_; }
  status poll() const noexcept { return self_->pass_or_mark() ? status::ok : status::would_block; }
  void enqueue(node& n) const noexcept { self_->waiters_.push_back(n); }
  void dequeue(node& n, detail::wake_list<R>&) const noexcept { self_->waiters_.erase(n); }
  void* slot() noexcept { return nullptr; }
  detail::visible_op operation() const noexcept { return self_->operation("wait", {}); }

 private:
  basic_event* self_;
};

using event = basic_event<any_runtime>;
namespace threads {
using event = basic_event<threads_runtime>;
}

template <class R>
void basic_event<R>::set(site where) {
  this->announce("set", where);
  std::uint32_t w = word_.load(std::memory_order_relaxed);
  while ((w & slow) == 0) {
    // Release, also where it was set already: pairs with the acquire in wait_core and in reset.
    if (word_.compare_exchange_weak(w, up, std::memory_order_release, std::memory_order_relaxed)) {
      return;
    }
  }
  set_slow();
}

template <class R>
LOCKSTEP_COLD void basic_event<R>::set_slow() {
  detail::wake_list<R> woken;
  {
    const hold_type hold{lock_};
    if (node* const n = automatic_ ? waiters_.pop_claimed() : nullptr) {
      woken.add(*n);  // EV-2
    } else {
      // Marked at once: waits that see it pass through the lock. Release: pairs with the acquire in
      // is_set, which does not.
      word_.fetch_or(up | slow, std::memory_order_release);  // EV-3
      waiters_.claim_all(status::ok, woken);                 // EV-1
    }
  }
  woken.wake();
}

template <class R>
void basic_event<R>::reset(site where) {
  this->announce("reset", where);
  std::uint32_t w = word_.load(std::memory_order_relaxed);
  while ((w & slow) == 0) {
    // Acquire: pairs with the release in set.  // EV-10
    if (word_.compare_exchange_weak(w, 0, std::memory_order_acquire, std::memory_order_relaxed)) {
      return;
    }
  }
  const hold_type hold{lock_};
  word_.fetch_and(~up, std::memory_order_acquire);  // as above
}

template <class R>
status basic_event<R>::wait_core(const detail::limit& lim, site where) {
  if (const status s = this->admit("wait", lim, where); s != status::ok) [[unlikely]]
    return s;
  // Acquire, here and in the exchange: pairs with the release in set.
  std::uint32_t w = word_.load(std::memory_order_acquire);
  if (w == up && (!automatic_ || word_.compare_exchange_strong(w, 0, std::memory_order_acquire))) {
    return status::ok;
  }
  if (lim.poll && w == 0) return status::would_block;
  return wait_slow(lim.copy(), where.copy());
}

template <class R>
LOCKSTEP_COLD status basic_event<R>::wait_slow(const detail::limit& lim, site where) {
  detail::waiter<R> op;
  node n{op, nullptr};
  hold_type hold{lock_};
  if (pass_or_mark()) return status::ok;
  if (lim.poll) return status::would_block;
  return detail::block(waiters_, n, lock_, hold, lim, [&] { return operation("wait", where); });
}

template <class R>
bool basic_event<R>::pass_or_mark() noexcept {
  // Acquire: pairs with the release in set.
  if ((word_.fetch_or(slow, std::memory_order_acquire) & up) == 0) return false;
  // Set, so nobody waits: the mark goes. Release: pairs with the acquire in wait_core and reset, to
  // which it hands on what this one acquired.
  word_.store(automatic_ ? 0 : up, std::memory_order_release);
  return true;
}

}  // namespace lockstep::inline LOCKSTEP_ABI
