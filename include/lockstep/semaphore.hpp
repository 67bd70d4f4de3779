// semaphore.hpp: a number of permits, given out in order of arrival.
//
// semaphore s{2};     two permits, and never more
// semaphore s{0, 8};  none yet, at most eight
// semaphore s{0};     none yet, without a maximum: a signal that counts
//
// acquire(k) takes k permits at once. Requests are served strictly in order: a large one at the
// head makes later small ones wait, so none starves (SM-1). One that asks for more than the
// maximum waits for its context or deadline without holding up the others (SM-3).
//
// Ordering: what X does before release() is visible to Y after the acquire() that it served.
// Lifetime: may be destroyed as soon as no task waits in it; release() callers need not have
// returned.
// Cost: without waiters acquire() and release() are one atomic step each.
// Source: golang.org/x/sync/semaphore; statements SM-1..5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "context.hpp"
#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/wait_node.hpp"
#include "error.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class basic_semaphore : private detail::visible_object<basic_semaphore<R>, R> {
 public:
  using runtime_type = R;

  // Contract: 0 <= permits <= max.
  explicit basic_semaphore(std::ptrdiff_t permits, site where = site::current())
      : basic_semaphore{permits, permits == 0 ? no_max : permits, where} {}
  basic_semaphore(std::ptrdiff_t permits, std::ptrdiff_t max, site where = site::current())
      : word_{static_cast<std::int64_t>(permits) * 2}, max_{max} {
    detail::expects(0 <= permits && permits <= max && max <= no_max,
                    "a semaphore starts with permits below zero or above its maximum", this, where);
  }
  basic_semaphore(const basic_semaphore&) = delete;
  basic_semaphore& operator=(const basic_semaphore&) = delete;
  // Contract: no task waits.
  ~basic_semaphore() {
    detail::expects(waiters_.empty() && hopeless_.empty(), "a semaphore is destroyed with waiters",
                    this, site::current());
  }

  // Takes k permits; blocks until it can. Contract, in all forms: k > 0.
  void acquire(std::ptrdiff_t k = 1, site where = site::current()) {
    acquire_core(k, detail::limit::none(), where);
  }
  // ok, or nothing was taken and the context ended before or meanwhile.  // SM-2
  [[nodiscard]] status acquire(const context& ctx, std::ptrdiff_t k = 1,
                               site where = site::current()) {
    return acquire_core(k, detail::limit::of(ctx), where);
  }
  // Whether k permits were taken. Fails while anyone waits.  // SM-4
  [[nodiscard]] bool try_acquire(std::ptrdiff_t k = 1, site where = site::current()) {
    return acquire_core(k, detail::limit::at_once(), where) == status::ok;
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(const std::chrono::duration<Rep, Period>& d,
                                     std::ptrdiff_t k = 1, site where = site::current()) {
    return acquire_core(k, detail::limit::within<R>(d), where) == status::ok;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                       std::ptrdiff_t k = 1, site where = site::current()) {
    return acquire_core(k, detail::limit::until<R>(deadline), where) == status::ok;
  }

  // Gives k permits back and serves those who wait for them.
  // Contract: k >= 0, and there are never more than max().  // SM-5
  void release(std::ptrdiff_t k = 1, site where = site::current());

  // Permits that could be taken now. A snapshot.
  [[nodiscard]] std::ptrdiff_t available() const noexcept {
    return static_cast<std::ptrdiff_t>(word_.load(std::memory_order_relaxed) >> 1);
  }
  [[nodiscard]] std::ptrdiff_t max() const noexcept { return max_; }

  // For on_acquire.
  class source;
  source acquire_source(std::ptrdiff_t k, site where = site::current()) {
    detail::expects(k > 0, "an acquire of no permits", this, where);
    return {*this, k};
  }

 private:
  friend class detail::visible_object<basic_semaphore, R>;
  using node = detail::wait_node<R>;
  using hold_type = detail::lock_scope<typename R::short_lock>;
  static constexpr std::ptrdiff_t no_max = static_cast<std::ptrdiff_t>(~std::size_t{0} >> 2U);
  static constexpr std::int64_t slow = 1;

  // A request's weight travels in its slot.
  static std::ptrdiff_t weight(const node& n) noexcept {
    return *static_cast<const std::ptrdiff_t*>(n.slot);
  }

  status acquire_core(std::ptrdiff_t k, const detail::limit& lim, site where);
  status acquire_slow(std::ptrdiff_t k, const detail::limit& lim, site where);
  void release_slow(std::ptrdiff_t k, site where);

  // Under the lock: takes k permits for an arrival if none waits before it; else marks the word.
  bool take_or_mark(std::ptrdiff_t k) noexcept;
  // Under the lock: serves the head of the queue while permits last. A queue that is not empty
  // implies the mark.
  void grant(detail::wake_list<R>& woken) noexcept;

  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "semaphore", this, where, &describe};
  }
  static void describe(const void* object, char* text, std::size_t size) noexcept {
    const auto& s = *static_cast<const basic_semaphore*>(object);
    std::snprintf(text, size, "%lld available", static_cast<long long>(s.available()));
  }

  // Permits, and the mark "slow" in bit 0: a task waits, or waited. With it on, every operation
  // takes the lock. Only an arriving acquire takes it off: a release leaves no step behind that
  // a task it served could overtake.
  typename R::template atomic<std::int64_t> word_;
  std::ptrdiff_t max_;
  typename R::short_lock lock_;
  detail::wait_queue<R> waiters_;
  detail::wait_queue<R> hopeless_;  // requests for more than max_
};

// What select drives; see source_case.
template <class R>
class basic_semaphore<R>::source {
 public:
  using runtime_type = R;
  source(basic_semaphore& s, std::ptrdiff_t k) noexcept : self_{&s}, weight_{k} {}
  auto* lock() const noexcept { return weight_ <= self_->max_ ? &self_->lock_ : nullptr; }
  status poll() const noexcept {
    return self_->take_or_mark(weight_) ? status::ok : status::would_block;
  }
  void enqueue(node& n) const noexcept { self_->waiters_.push_back(n); }
  void dequeue(node& n, detail::wake_list<R>& woken) const noexcept {
    self_->waiters_.erase(n);
    self_->grant(woken);
  }
  void* slot() noexcept { return &weight_; }
  detail::visible_op operation() const noexcept { return self_->operation("acquire", {}); }

 private:
  basic_semaphore* self_;
  std::ptrdiff_t weight_;
};

using semaphore = basic_semaphore<any_runtime>;
namespace threads {
using semaphore = basic_semaphore<threads_runtime>;
}

template <class R>
status basic_semaphore<R>::acquire_core(std::ptrdiff_t k, const detail::limit& lim, site where) {
  if (const status s = this->admit("acquire", lim, where); s != status::ok) [[unlikely]]
    return s;
  detail::expects(k > 0, "an acquire of no permits", this, where);

  std::int64_t w = word_.load(std::memory_order_relaxed);
  while ((w & slow) == 0 && w >> 1 >= k) {
    // Acquire: pairs with the release in release(); release: with later acquirers of the rest.
    if (word_.compare_exchange_weak(w, w - k * 2, std::memory_order_acq_rel,
                                    std::memory_order_relaxed)) {
      return status::ok;
    }
  }
  if (lim.poll && (w & slow) == 0) return status::would_block;
  return acquire_slow(k, lim.copy(), where.copy());
}

template <class R>
LOCKSTEP_COLD status basic_semaphore<R>::acquire_slow(std::ptrdiff_t k, const detail::limit& lim,
                                                      site where) {
  struct hooks : detail::plain_wait<R> {
    basic_semaphore* self;
    explicit hooks(basic_semaphore* s) noexcept : self{s} {}
    void abandoned(detail::wake_list<R>& woken) noexcept { self->grant(woken); }
  };
  detail::waiter<R> op;
  node n{op, &k};
  hold_type hold{lock_};
  if (k > max_) {
    if (lim.poll) return status::would_block;
    return detail::block(hopeless_, n, lock_, hold, lim,
                         [&] { return operation("acquire", where); });
  }
  if (take_or_mark(k)) return status::ok;
  if (lim.poll) return status::would_block;
  return detail::block(
      waiters_, n, lock_, hold, lim, [&] { return operation("acquire", where); }, hooks{this});
}

template <class R>
bool basic_semaphore<R>::take_or_mark(std::ptrdiff_t k) noexcept {
  const std::int64_t w = word_.fetch_or(slow, std::memory_order_acq_rel);
  if (!waiters_.empty() || w >> 1 < k) return false;
  word_.store((w & ~slow) - k * 2, std::memory_order_release);  // marked: nobody else writes
  return true;
}

template <class R>
void basic_semaphore<R>::grant(detail::wake_list<R>& woken) noexcept {
  if (waiters_.empty()) return;
  std::int64_t w = word_.load(std::memory_order_relaxed);
  const auto fits = [&w](const node& n) { return w >> 1 >= weight(n); };
  while (node* n = waiters_.pop_fitting(fits)) {
    w -= weight(*n) * 2;
    woken.add(*n);
  }
  word_.store(w, std::memory_order_release);
}

template <class R>
void basic_semaphore<R>::release(std::ptrdiff_t k, site where) {
  this->announce("release", where);
  detail::expects(k >= 0, "a release of a negative number of permits", this, where);
  std::int64_t w = word_.load(std::memory_order_relaxed);
  while ((w & slow) == 0) {
    detail::expects(k <= max_ - (w >> 1), "more permits are released than the semaphore has", this,
                    where);
    if (word_.compare_exchange_weak(w, w + k * 2, std::memory_order_acq_rel,
                                    std::memory_order_relaxed)) {
      return;
    }
  }
  release_slow(k, where.copy());
}

template <class R>
LOCKSTEP_COLD void basic_semaphore<R>::release_slow(std::ptrdiff_t k, site where) {
  detail::wake_list<R> woken;
  {
    const hold_type hold{lock_};
    // Marked before the permits can be seen: whoever takes them passes through the lock, too.
    const std::int64_t w = word_.fetch_or(slow, std::memory_order_acq_rel);
    detail::expects(k <= max_ - (w >> 1), "more permits are released than the semaphore has", this,
                    where);
    word_.store((w | slow) + k * 2, std::memory_order_release);
    grant(woken);
  }
  woken.wake();
}

}  // namespace lockstep::inline LOCKSTEP_ABI
