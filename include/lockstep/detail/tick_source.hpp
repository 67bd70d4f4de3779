// tick_source.hpp: what a timer and a ticker are: the time of a tick, and those who wait for it.
//
// No task or thread drives it, and time passing changes nothing in it. A receiver waits until its
// own limit or the tick is due, whichever is earlier, and then looks, under the lock, whether the
// tick is still there; setting another time claims all who wait, so that they look again. So there
// is no tick of an old setting that could arrive late, and none that waits in a buffer.  // TM-2
#pragma once

#include <cstddef>
#include <cstdio>
#include <utility>

#include "../clock.hpp"
#include "../contract.hpp"
#include "../outcome.hpp"
#include "../site.hpp"
#include "../status.hpp"
#include "blocking.hpp"
#include "config.hpp"
#include "select_cases.hpp"
#include "spellings.hpp"
#include "wait_node.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

template <class R, class F>
class tick_case;

template <class R>
class tick_source : private visible_object<tick_source<R>, R>,
                    public recv_spellings<tick_source<R>, time_point, R> {
 public:
  using value_type = time_point;
  using runtime_type = R;

  tick_source(const tick_source&) = delete;
  tick_source& operator=(const tick_source&) = delete;

  // No ticks from now on: receivers wait until a reset(). Returns whether this kept one from being
  // received, due or not.  // TM-2, TM-4
  bool stop(site where = site::current()) { return set("stop", never, {}, where); }

  // A tick is never stored.  // TM-3
  [[nodiscard]] static constexpr std::size_t size() noexcept { return 0; }
  [[nodiscard]] static constexpr std::size_t capacity() noexcept { return 0; }

  // The receiving body; recv() and its other forms are its spellings.
  template <class C>
  void recv_core(outcome<C>& to, const limit& lim, site where);

 protected:
  // The first tick is due at `when`; the others follow in steps of the period, which is 0 for none.
  tick_source(const char* kind, time_point when, duration period) noexcept
      : when_{when}, period_{period}, kind_{kind} {}
  // Contract: no task waits.
  ~tick_source() {
    expects(waiters_.empty(), "a timer is destroyed with waiters", this, site::current());
  }

  // Replaces the setting. Returns whether the old one had a tick left.
  bool set(const char* verb, time_point when, duration period, site where);

 private:
  friend class visible_object<tick_source, R>;
  template <class, class>
  friend class tick_case;

  // Under the lock: the time of the tick that is due, which is thereby taken; `never` if none is.
  time_point take() noexcept;

  visible_op operation(const char* verb, site where) const noexcept {
    return {verb, kind_, this, where, &describe};
  }
  static void describe(const void* object, char* text, std::size_t size) noexcept;

  mutable typename R::short_lock lock_;
  time_point when_;  // never: there is no tick to come
  duration period_;
  const char* const kind_;
  wait_queue<R> waiters_;
};

template <class R>
bool tick_source<R>::set(const char* verb, time_point when, duration period, site where) {
  this->announce(verb, where);
  wake_list<R> woken;
  time_point before;
  {
    const lock_scope hold{lock_};
    before = std::exchange(when_, when);
    period_ = period;
    waiters_.claim_all(status::ok, woken);  // they look again
  }
  woken.wake();
  return before != never;
}

template <class R>
time_point tick_source<R>::take() noexcept {
  if (when_ == never) return never;
  const time_point now = R::now();
  if (now < when_) return never;
  time_point next = never;
  if (period_ > duration::zero()) {  // the ticks that were missed are dropped  // TM-1
    next = deadline_after(when_ + (now - when_) / period_ * period_, period_);
  }
  return std::exchange(when_, next);
}

template <class R>
template <class C>
void tick_source<R>::recv_core(outcome<C>& to, const limit& lim, site where) {
  status s = this->admit("recv", lim, where);
  while (s == status::ok) {
    lock_scope hold{lock_};
    if (const time_point tick = take(); tick != never) {
      to.emplace(tick);
      return;
    }
    if (lim.poll) return to.reset(status::would_block);
    limit bounded = lim.copy();
    const bool until_tick = when_ <= lim.deadline && when_ != never;
    if (until_tick) bounded.deadline = when_;
    waiter<R> op;
    wait_node<R> n{op, nullptr};
    s = block(waiters_, n, lock_, hold, bounded, [&] { return operation("recv", where.copy()); });
    if (s == status::timeout && until_tick) s = status::ok;  // somebody else may have taken it
  }
  to.reset(s);
}

template <class R>
void tick_source<R>::describe(const void* object, char* text, std::size_t size) noexcept {
  const auto& self = *static_cast<const tick_source*>(object);
  if (!self.lock_.try_lock()) return;
  const time_point when = self.when_;
  self.lock_.unlock();
  if (when == never) {
    std::snprintf(text, size, "stopped");
  } else {
    std::snprintf(text, size, "due in %.3f s",
                  std::chrono::duration<double>{when - R::now()}.count());
  }
}

// A receive from a timer or a ticker. Its deadline may change while the select waits: it is read at
// each poll, and when it has passed settle() decides.
template <class R, class F>
class tick_case final : public object_case<R> {
 public:
  tick_case(tick_source<R>& from, F f, site where)
      : object_case<R>{&from.lock_, where}, from_{&from}, f_{std::move(f)} {}

  status poll(wait_node<R>*&) override {
    tick_ = from_->take();
    this->deadline = from_->when_;
    return tick_ != never ? status::ok : status::would_block;
  }
  void enqueue(wait_node<R>& n) noexcept override { from_->waiters_.push_back(n); }
  void dequeue(wait_node<R>& n, wake_list<R>&) noexcept override { from_->waiters_.erase(n); }
  bool settle(status& how) noexcept override {
    tick_ = from_->take();
    how = status::ok;
    return tick_ != never;
  }
  visible_op operation() const noexcept override {
    return from_->operation("recv", this->called_at);
  }
  void run(status) override {
    handle_received<time_point>(f_, outcome<time_point>{std::in_place, tick_});
  }

 private:
  tick_source<R>* from_;
  time_point tick_ = never;
  F f_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
