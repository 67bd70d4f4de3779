// mutex.hpp: mutual exclusion with bounded starvation.
//
// Works with std::lock_guard, std::unique_lock and std::scoped_lock. Not recursive, and not bound
// to its owner: another task may unlock it.
//
// Normally a released mutex goes to whoever comes first, which is fast; a task that was woken for
// it and finds it taken waits on at the head of the queue. Once a task has waited for more than a
// millisecond the mutex is handed from owner to owner in order, until a waiter gets it in less
// (MU-2..5).
//
// Ordering: what X does before unlock() is visible to Y after its later lock() (MM-4). A try_lock()
// that fails orders nothing.
// Lifetime: may be destroyed by whoever locked it last, as soon as it has unlocked; earlier
// unlock() callers need not have returned.
// Cost: uncontended, one atomic step to lock and one to unlock.
// Source: Go's internal/sync/mutex.go; statements MU-1..7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "context.hpp"
#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/thread_safety.hpp"
#include "detail/wait_node.hpp"
#include "detail/watched_lock.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class LOCKSTEP_CAPABILITY("mutex") basic_mutex : private detail::visible_object<basic_mutex<R>, R> {
 public:
  using runtime_type = R;

  constexpr basic_mutex() noexcept = default;
  basic_mutex(const basic_mutex&) = delete;
  basic_mutex& operator=(const basic_mutex&) = delete;
  // Contract: no task waits.
  ~basic_mutex() {
    detail::expects(waiters_.empty(), "a mutex is destroyed with waiters", this, site::current());
  }

  // Blocks until the mutex is held by the caller.
  void lock(site where = site::current()) LOCKSTEP_ACQUIRE() {
    lock_core(detail::limit::none(), where);
  }
  // Whether the mutex was taken. May fail when it is just being handed over.  // MU-7
  [[nodiscard]] bool try_lock(site where = site::current()) LOCKSTEP_TRY_ACQUIRE(true) {
    return lock_core(detail::limit::at_once(), where) == status::ok;
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& d,
                                  site where = site::current()) LOCKSTEP_TRY_ACQUIRE(true) {
    return lock_core(detail::limit::within<R>(d), where) == status::ok;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                    site where = site::current()) LOCKSTEP_TRY_ACQUIRE(true) {
    return lock_core(detail::limit::until<R>(deadline), where) == status::ok;
  }
  // ok: held. Otherwise not held, and the context ended before or meanwhile.
  [[nodiscard]] status lock(const context& ctx, site where = site::current()) {
    return lock_core(detail::limit::of(ctx), where);
  }

  // Contract: the mutex is held.  // MU-1
  void unlock(site where = site::current()) LOCKSTEP_RELEASE();

  // For on_acquire.
  class source;
  source acquire_source(std::ptrdiff_t) noexcept { return source{*this}; }

 private:
  friend class detail::visible_object<basic_mutex, R>;
  using node = detail::wait_node<R>;
  using hold_type = detail::lock_scope<typename R::short_lock>;

  // held, and slow: a task waits, or waited, or somebody listens; then only the lock may change the
  // word. Only an arriving lock() takes the mark off, so unlock() leaves no step behind that the
  // next owner could overtake, and need not ask on its fast path whether somebody listens.
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t slow = 2;
  static constexpr duration patience{1'000'000};

  // How a waiter is woken: with the mutex in its hands, or to try again.
  static constexpr status handed_over = status::ok;
  static constexpr status try_again = status::would_block;

  status lock_core(const detail::limit& lim, site where);
  status lock_further(const detail::limit& lim, site where);
  void chosen(const detail::limit& lim, site where);
  status lock_slow(const detail::limit& lim, site where);
  void unlock_slow(site where);

  // Takes the mutex if the word is as expected; else says what it is.
  bool take(std::uint32_t& expected) noexcept {
    // Acquire: pairs with the release in unlock.
    return word_.compare_exchange_strong(expected, held, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  // By the holder: its unlock() shall ask whether somebody listens.
  void mark() noexcept { word_.fetch_or(slow, std::memory_order_relaxed); }
  // Under the lock: takes the mutex if it is free; else leaves the mark, so that the holder's
  // unlock() takes the lock too.
  bool take_or_mark() noexcept;
  // Under the lock, by the holder: lets go. Returns the waiter to wake, or null.
  node* pass_on() noexcept;

  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "mutex", this, where, nullptr};
  }

  typename R::template atomic<std::uint32_t> word_{0};
  typename R::short_lock lock_;
  bool woken_ = false;     // a waiter was told to try again and has not done so yet  // MU-6
  bool starving_ = false;  // ownership passes in order of arrival
  detail::wait_queue<R> waiters_;
};

// What select drives; see source_case.
template <class R>
class basic_mutex<R>::source {
 public:
  using runtime_type = R;
  explicit source(basic_mutex& m) noexcept : self_{&m} {}
  auto* lock() const noexcept { return &self_->lock_; }
  status poll() const noexcept { return self_->take_or_mark() ? status::ok : status::would_block; }
  void enqueue(node& n) const noexcept { self_->waiters_.push_back(n); }
  void dequeue(node& n, detail::wake_list<R>&) const noexcept { self_->waiters_.erase(n); }
  void* slot() noexcept { return nullptr; }
  detail::visible_op operation() const noexcept { return self_->operation("lock", {}); }
  void chosen(const detail::limit& lim, site where) const { self_->chosen(lim, where); }

 private:
  basic_mutex* self_;
};

using mutex = basic_mutex<any_runtime>;
namespace threads {
using mutex = basic_mutex<threads_runtime>;
}

template <class R>
status basic_mutex<R>::lock_core(const detail::limit& lim, site where) {
  // One comparison asks two things: while a hook is on, the word is not what is expected.
  std::uint32_t w = 0;
  if constexpr (requires { R::hooks(); }) w = R::hooks();
  if (lim.ctx == nullptr && take(w)) [[likely]]
    return status::ok;
  if (lim.poll && (w & held) != 0 && !detail::hooked<R>()) return status::would_block;
  return lock_further(lim.copy(), where.copy());
}

template <class R>
LOCKSTEP_COLD status basic_mutex<R>::lock_further(const detail::limit& lim, site where) {
  if (const status s = this->admit("lock", lim, where); s != status::ok) return s;
  return detail::taken<R>(operation("lock", where), detail::lock_mode::exclusive, lim,
                          [&](bool watched) {
                            std::uint32_t w = word_.load(std::memory_order_relaxed);
                            const status s = w == 0 && take(w) ? status::ok : lock_slow(lim, where);
                            if (s == status::ok && (watched || detail::hooked<R>())) mark();
                            return s;
                          });
}

// A select has taken the mutex.
template <class R>
void basic_mutex<R>::chosen(const detail::limit& lim, site where) {
  if (!detail::hooked<R>()) [[likely]]
    return;
  mark();
  static_cast<void>(detail::taken<R>(operation("lock", where.copy()), detail::lock_mode::exclusive,
                                     lim, [](bool) { return status::ok; }));
}

template <class R>
bool basic_mutex<R>::take_or_mark() noexcept {
  if ((word_.fetch_or(slow, std::memory_order_acq_rel) & held) != 0) return false;
  word_.store(waiters_.empty() ? held : held | slow, std::memory_order_relaxed);
  return true;
}

template <class R>
auto basic_mutex<R>::pass_on() noexcept -> node* {
  if (starving_) {
    if (node* n = waiters_.pop_claimed(handed_over)) {  // the word stays held: MU-4
      const auto* since = static_cast<const time_point*>(n->slot);
      starving_ = !waiters_.empty() && since != nullptr && R::now() - *since >= patience;  // MU-5
      return n;
    }
    starving_ = false;
  }
  // Release: pairs with the acquire of the next owner, who takes the lock as the mark is on.
  word_.store(slow, std::memory_order_release);
  while (!woken_ && !waiters_.empty()) {  // MU-6
    node* const n = waiters_.front();
    const bool for_select = n->slot == nullptr;  // a select cannot try again: it gets the mutex
    waiters_.erase(*n);
    if (!n->claim(for_select ? handed_over : try_again)) continue;
    if (for_select) {
      word_.store(held | slow, std::memory_order_relaxed);
    } else {
      woken_ = true;
    }
    return n;
  }
  return nullptr;
}

template <class R>
LOCKSTEP_COLD status basic_mutex<R>::lock_slow(const detail::limit& lim, site where) {
  struct hooks : detail::plain_wait<R> {
    bool first;
    explicit hooks(bool at_front) noexcept : first{at_front} {}
    void enqueue(detail::wait_queue<R>& q, node& n) noexcept {
      first ? q.push_front(n) : q.push_back(n);  // MU-2
    }
  };
  time_point since{};
  for (bool was_woken = false;; was_woken = true) {
    hold_type hold{lock_};
    if (was_woken) woken_ = false;
    if (take_or_mark()) return status::ok;
    if (lim.poll) return status::would_block;
    if (!was_woken) {
      since = R::now();
    } else if (R::now() - since > patience) {
      starving_ = true;  // MU-3
    }
    detail::waiter<R> op;
    node n{op, &since};
    const status s = detail::block(
        waiters_, n, lock_, hold, lim, [&] { return operation("lock", where); }, hooks{was_woken});
    if (s != try_again) return s;
  }
}

template <class R>
void basic_mutex<R>::unlock(site where) {
  std::uint32_t w = held;
  // Release: pairs with the acquire in take.
  if (!word_.compare_exchange_strong(w, 0, std::memory_order_release, std::memory_order_relaxed))
      [[unlikely]] {
    unlock_slow(where.copy());
  }
}

template <class R>
LOCKSTEP_COLD void basic_mutex<R>::unlock_slow(site where) {
  this->announce("unlock", where);
  detail::given_up<R>(this, detail::lock_mode::exclusive, [&] {
    node* woken = nullptr;
    {
      const hold_type hold{lock_};
      detail::expects((word_.load(std::memory_order_relaxed) & held) != 0,
                      "unlock of a mutex that is not locked", this, where);
      woken = pass_on();
    }
    if (woken != nullptr) woken->op->wake();
  });
}

}  // namespace lockstep::inline LOCKSTEP_ABI
