// condition_variable.hpp: waiting, with a lock dropped, until somebody says that things changed.
//
// As std::condition_variable, for any lock with lock() and unlock(), and with contexts. A task may
// be notified for a reason that no longer holds when it gets the lock back: wait with a predicate.
//
// notify_one() wakes the task that has waited longest; a notification reaches only tasks that were
// waiting when it was made (CV-2, CV-4). No wait returns without notification, deadline or end of
// its context.
//
// Ordering: the lock's.
// Lifetime: may be destroyed once every waiter has been notified; their wait() and the notify call
// need not have returned. Waits that give up at that moment are awaited by the destructor.
// Cost: a notify that finds nobody is one short lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "context.hpp"
#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/wait_node.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"

// The standard's result type lives in <condition_variable>, which would double what this header
// costs. libstdc++ defines it as an enum class without a base in namespace std itself, so it can be
// declared here; tests/condition_variable_test.cpp asserts the values.
#ifdef __GLIBCXX__
namespace std {
enum class cv_status;
}
#else
#include <condition_variable>
#endif

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class basic_condition_variable : private detail::visible_object<basic_condition_variable<R>, R> {
 public:
  using runtime_type = R;

  constexpr basic_condition_variable() noexcept = default;
  basic_condition_variable(const basic_condition_variable&) = delete;
  basic_condition_variable& operator=(const basic_condition_variable&) = delete;
  // Contract: no task waits that has not been notified.
  ~basic_condition_variable() {
    while (somebody_gives_up()) R::yield();
    detail::expects(waiters_.empty(), "a condition variable is destroyed with waiters", this,
                    site::current());
  }

  void notify_one(site where = site::current());
  void notify_all(site where = site::current());

  // Unlocks lk, blocks until notified, locks lk again.  // CV-1
  template <class Lock>
  void wait(Lock& lk, site where = site::current()) {
    wait_core(lk, detail::limit::none(), where);
  }
  // Waits until pred(), called with lk locked, is true.
  template <class Lock, class Predicate>
    requires std::is_invocable_v<Predicate&>
  void wait(Lock& lk, Predicate pred, site where = site::current()) {
    wait_core(lk, pred, detail::limit::none(), where);
  }

  // As wait, for at most d, or until the deadline: std::cv_status, or the predicate's last value.
  template <class Lock, class Rep, class Period>
  std::cv_status wait_for(Lock& lk, const std::chrono::duration<Rep, Period>& d,
                          site where = site::current()) {
    return to_cv_status(wait_core(lk, detail::limit::within<R>(d), where));
  }
  template <class Lock, class Rep, class Period, class Predicate>
    requires std::is_invocable_v<Predicate&>
  bool wait_for(Lock& lk, const std::chrono::duration<Rep, Period>& d, Predicate pred,
                site where = site::current()) {
    return wait_core(lk, pred, detail::limit::within<R>(d), where) == status::ok;
  }
  template <class Lock, class Clock, class Duration>
  std::cv_status wait_until(Lock& lk, const std::chrono::time_point<Clock, Duration>& deadline,
                            site where = site::current()) {
    return to_cv_status(wait_core(lk, detail::limit::until<R>(deadline), where));
  }
  template <class Lock, class Clock, class Duration, class Predicate>
    requires std::is_invocable_v<Predicate&>
  bool wait_until(Lock& lk, const std::chrono::time_point<Clock, Duration>& deadline,
                  Predicate pred, site where = site::current()) {
    return wait_core(lk, pred, detail::limit::until<R>(deadline), where) == status::ok;
  }

  // ok: notified, or the predicate holds. Otherwise as the context ended. lk is locked either way.
  template <class Lock>
  [[nodiscard]] status wait(const context& ctx, Lock& lk, site where = site::current()) {
    return wait_core(lk, detail::limit::of(ctx), where);
  }
  template <class Lock, class Predicate>
    requires std::is_invocable_v<Predicate&>
  [[nodiscard]] status wait(const context& ctx, Lock& lk, Predicate pred,
                            site where = site::current()) {
    return wait_core(lk, pred, detail::limit::of(ctx), where);
  }

 private:
  friend class detail::visible_object<basic_condition_variable, R>;
  template <class Lock>
  status wait_core(Lock& lk, const detail::limit& lim, site where);
  template <class Lock, class Predicate>
  status wait_core(Lock& lk, Predicate& pred, const detail::limit& lim, site where);

  template <class Lock>
  static void relock(Lock& lk) {
    const detail::shield<R> to_the_end;
    lk.lock();
  }
  static std::cv_status to_cv_status(status s) noexcept {
    return static_cast<std::cv_status>(s == status::ok ? 0 : 1);  // no_timeout : timeout
  }
  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "condition variable", this, where, nullptr};
  }

  // Under the lock: takes the longest wait out of the queue, and out of the count; or null.
  detail::wait_node<R>* pop() noexcept {
    detail::wait_node<R>* const n = waiters_.pop_claimed();
    if (n != nullptr) --unnotified_;
    return n;
  }
  // Whether a wait is out of the queue, but still to come and find that out.
  bool somebody_gives_up() noexcept {
    const detail::lock_scope hold{lock_};
    return waiters_.empty() && unnotified_ > 0;
  }

  typename R::short_lock lock_;
  detail::wait_queue<R> waiters_;
  std::size_t unnotified_ = 0;  // waits begun, less those notified and those given up
};

using condition_variable = basic_condition_variable<any_runtime>;
namespace threads {
using condition_variable = basic_condition_variable<threads_runtime>;
}

template <class R>
template <class Lock>
status basic_condition_variable<R>::wait_core(Lock& lk, const detail::limit& lim, site where) {
  struct hooks : detail::plain_wait<R> {
    basic_condition_variable* self;
    Lock* user;
    bool unlocked = false;
    hooks(basic_condition_variable* cv, Lock& l) noexcept : self{cv}, user{&l} {}
    void enqueue(detail::wait_queue<R>& q, detail::wait_node<R>& n) noexcept {
      q.push_back(n);
      ++self->unnotified_;
    }
    static constexpr bool acts_when_registered() noexcept { return true; }
    void registered() {
      user->unlock();
      unlocked = true;
    }
    void abandoned(detail::wake_list<R>&) noexcept { --self->unnotified_; }
  };
  this->announce("wait", where);
  if constexpr (requires { lk.owns_lock(); }) {
    detail::expects(lk.owns_lock(), "a wait on a condition variable without holding the lock", this,
                    where);
  }
  if (const status s = lim.before(); s != status::ok) return s;
  detail::waiter<R> op;
  detail::wait_node<R> n{op, nullptr};
  hooks h{this, lk};
  detail::lock_scope hold{lock_};
  status s = status::cancelled;
  LOCKSTEP_TRY {
    s = detail::block(
        waiters_, n, lock_, hold, lim, [&] { return operation("wait", where); }, h);
  }
  LOCKSTEP_CATCH_ALL {
    if (h.unlocked) relock(lk);
    LOCKSTEP_RETHROW;
  }
  relock(lk);
  return s;
}

template <class R>
template <class Lock, class Predicate>
status basic_condition_variable<R>::wait_core(Lock& lk, Predicate& pred, const detail::limit& lim,
                                              site where) {
  while (!pred()) {
    const status s = wait_core(lk, lim, where);
    if (s != status::ok) return pred() ? status::ok : s;
  }
  return status::ok;
}

template <class R>
void basic_condition_variable<R>::notify_one(site where) {
  this->announce("notify_one", where);
  detail::wait_node<R>* woken = nullptr;
  {
    const detail::lock_scope hold{lock_};
    woken = pop();
  }
  if (woken != nullptr) woken->op->wake();
}

template <class R>
void basic_condition_variable<R>::notify_all(site where) {
  this->announce("notify_all", where);
  detail::wake_list<R> woken;
  {
    const detail::lock_scope hold{lock_};
    while (auto* n = pop()) woken.add(*n);
  }
  woken.wake();
}

}  // namespace lockstep::inline LOCKSTEP_ABI
