// countdown.hpp: a counter that tasks lower and wait for: what latch and wait_group are made of.
//
// One word holds the count and a mark "slow: a task waits, or waited". While the mark is off, all
// operations are single atomic steps. With the mark on, the step to zero is made under the lock,
// and a waiter that sees zero passes through the lock too: so it cannot return, and destroy the
// object, before the task that released it has left. Only waiters take the mark off.
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
#include "wait_spellings.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

template <class R>
class countdown {
 public:
  constexpr explicit countdown(std::int64_t count) noexcept : word_{count * 2} {}

  [[nodiscard]] std::int64_t count() const noexcept {
    return word_.load(std::memory_order_acquire) >> 1;
  }
  [[nodiscard]] bool has_waiters() const noexcept { return !waiters_.empty(); }

  static constexpr std::int64_t max = (std::int64_t{1} << 61) - 1;

  // Adds delta. Reaching zero releases every waiter. False: the count would leave [0, max], and
  // nothing was done.
  bool add(std::int64_t delta) noexcept {
    std::int64_t w = word_.load(std::memory_order_relaxed);
    for (;;) {
      const std::int64_t now = w >> 1;
      if (delta < -now || delta > max - now) [[unlikely]]
        return false;
      const std::int64_t after = now + delta;
      if (after == 0 && (w & slow) != 0) return reach_zero(delta);
      // Release: pairs with the acquire in is_zero; work done before is seen after the wait.
      if (word_.compare_exchange_weak(w, w + delta * 2, std::memory_order_acq_rel,
                                      std::memory_order_relaxed)) {
        return true;
      }
    }
  }

  // Whether the count is zero. True also means that whoever made it so has left the object.
  bool is_zero() noexcept {
    const std::int64_t w = word_.load(std::memory_order_acquire);
    return w == 0 || (w == slow && settle());
  }

  // Waits for zero, after it was seen that it is not and that the limit is not over.
  [[gnu::noinline]] status wait(const limit& lim, const visible_op& what) {
    if (lim.poll) return status::would_block;
    lock_scope hold{lock_};
    if (word_.fetch_or(slow, std::memory_order_acq_rel) >> 1 == 0) return status::ok;
    waiter<R> op;
    wait_node<R> n{op, nullptr};
    return block(waiters_, n, lock_, hold, lim, [&] { return what; });
  }

  // For select (see source_case); what to call the operation comes from the object around.
  class source {
   public:
    using runtime_type = R;
    source(countdown& c, const visible_op& what) noexcept : self_{&c}, what_{what} {}
    auto* lock() const noexcept { return &self_->lock_; }
    status poll() const noexcept {
      const bool zero = self_->word_.fetch_or(slow, std::memory_order_acq_rel) >> 1 == 0;
      return zero ? status::ok : status::would_block;
    }
    void enqueue(wait_node<R>& n) const noexcept { self_->waiters_.push_back(n); }
    void dequeue(wait_node<R>& n, wake_list<R>&) const noexcept { self_->waiters_.erase(n); }
    void* slot() noexcept { return nullptr; }
    visible_op operation() const noexcept { return what_; }

   private:
    countdown* self_;
    visible_op what_;
  };

 private:
  static constexpr std::int64_t slow = 1;

  LOCKSTEP_COLD bool reach_zero(std::int64_t delta) noexcept {
    wake_list<R> woken;
    {
      const lock_scope hold{lock_};
      std::int64_t w = word_.load(std::memory_order_relaxed);
      do {
        if (delta < -(w >> 1)) return false;
      } while (!word_.compare_exchange_weak(w, w + delta * 2, std::memory_order_acq_rel,
                                            std::memory_order_relaxed));
      if ((w >> 1) + delta == 0) waiters_.claim_all(status::ok, woken);
    }
    woken.wake();
    return true;
  }

  // Zero was seen with the mark on: passes through the lock, and takes the mark off if it can.
  LOCKSTEP_COLD bool settle() noexcept {
    const lock_scope hold{lock_};
    std::int64_t expected = slow;
    if (waiters_.empty()) {
      word_.compare_exchange_strong(expected, 0, std::memory_order_acq_rel);
    }
    return word_.load(std::memory_order_acquire) >> 1 == 0;
  }

  typename R::template atomic<std::int64_t> word_;
  typename R::short_lock lock_;
  wait_queue<R> waiters_;
};

// The waiting side of an object that is a countdown: ready when that is at zero. Self has `kind`,
// what reports call it, and `destroyed_with_waiters`, the rule broken by that.
template <class Self, class R>
class countdown_waits : public wait_spellings<countdown_waits<Self, R>, R>,
                        protected visible_object<countdown_waits<Self, R>, R> {
 public:
  using runtime_type = R;

  // Whether the count is zero. Never blocks.
  [[nodiscard]] bool try_wait(site where = site::current()) noexcept {
    this->announce("try_wait", where);
    return left_.is_zero();
  }

  // For on_ready.
  auto ready_source() noexcept {
    return typename countdown<R>::source{left_, operation("wait", {})};
  }

 protected:
  constexpr explicit countdown_waits(std::int64_t count) noexcept : left_{count} {}
  ~countdown_waits() {
    expects(!left_.has_waiters(), Self::destroyed_with_waiters, this, site::current());
  }

  countdown<R> left_;

 private:
  friend class visible_object<countdown_waits, R>;
  friend class wait_spellings<countdown_waits, R>;

  status wait_core(const limit& lim, site where) {
    if (const status s = this->admit("wait", lim, where); s != status::ok) [[unlikely]]
      return s;
    if (left_.is_zero()) return status::ok;
    return left_.wait(lim.copy(), operation("wait", where.copy()));
  }
  visible_op operation(const char* verb, site where) const noexcept {
    return {verb, Self::kind, this, where, &describe};
  }
  static void describe(const void* object, char* text, std::size_t size) noexcept {
    const auto left = static_cast<const countdown_waits*>(object)->left_.count();
    std::snprintf(text, size, "%lld to go", static_cast<long long>(left));
  }
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
