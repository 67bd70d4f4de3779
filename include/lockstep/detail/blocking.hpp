// blocking.hpp: the one body of every wait for a single object.
#pragma once

#include <unistd.h>

#include "../clock.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "alarm.hpp"
#include "cancel_state.hpp"
#include "config.hpp"
#include "wait_node.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// How long an operation may wait: the one argument into which all spellings of it turn.
struct limit {
  time_point deadline = never;
  cancel_state* ctx = nullptr;
  bool poll = false;  // do not wait at all

  static limit none() noexcept { return {}; }
  static limit at_once() noexcept { return {.poll = true}; }
  // A context's; a template only so that this header needs no context.hpp.
  template <class Context>
  static limit of(const Context& c) noexcept {
    return {.deadline = c.deadline(), .ctx = c.state_};
  }
  template <class R, class Rep, class Period>
  static limit within(const std::chrono::duration<Rep, Period>& d) noexcept {
    return {.deadline = deadline_after(R::now(), d)};
  }
  template <class R, class Clock, class Duration>
  static limit until(const std::chrono::time_point<Clock, Duration>& at) noexcept {
    return {.deadline = deadline_at(R::now(), at)};
  }

  // As site::copy.
  [[nodiscard]] limit copy() const noexcept { return {deadline, ctx, poll}; }

  // Whether the context forbids even to begin.
  [[nodiscard]] status before() const noexcept {
    return ctx != nullptr ? ctx->now_status() : status::ok;
  }
};

// Whether somebody listens to visible operations: at most one load.
template <class R>
bool hooked() noexcept {
  if constexpr (requires { R::hooked(); }) return R::hooked();
  return false;
}

// Announces a visible operation to runtimes that want to know. describe() returns the visible_op;
// it is called only where somebody listens.
template <class R, class Describe>
void checkpoint(Describe describe) {
  if constexpr (requires { R::checkpoint(describe()); }) {
    if (R::hooked()) [[unlikely]]
      R::checkpoint(describe());
  }
}

// The end of an object of visible operations.
template <class R>
void forget_object(const void* object) noexcept {
  if constexpr (requires { R::forget(object); }) {
    if (hooked<R>()) [[unlikely]]
      R::forget(object);
  }
}

// The beginning of an object's visible operations. Self has operation(verb, site), which says what
// a report calls it. Out of line but for one test of what is usually absent.
template <class Self, class R>
class visible_object {
 protected:
  ~visible_object() { forget_object<R>(static_cast<const Self*>(this)); }

  // Announces an operation that never waits.
  void announce(const char* verb, site where) const {
    if (hooked<R>()) [[unlikely]]
      announce_hooked(verb, where.file, where.function, where.line);
  }
  // Announces one that may, and asks the context whether it may begin: ok, or how that ended.
  status admit(const char* verb, const limit& lim, site where) const {
    if (!hooked<R>() && lim.ctx == nullptr) [[likely]]
      return status::ok;
    announce_hooked(verb, where.file, where.function, where.line);
    return lim.before();
  }

 private:
  // (Each part of the site in a register of its own.)
  LOCKSTEP_COLD void announce_hooked(const char* verb, const char* file, const char* function,
                                     unsigned line) const {
    checkpoint<R>([&] {
      return static_cast<const Self&>(*this).operation(verb, {file, function, line});
    });
  }
};

inline long current_thread_id() noexcept {
#ifdef __linux__
  return static_cast<long>(::gettid());
#else
  return 0;
#endif
}

// The record of a blocked operation; nothing on runtimes that are not observed.
template <class R>
class observation {
 public:
  void begin(waiter<R>&, const visible_op&, bool) noexcept {}
  void locate() noexcept {}
  void finish() noexcept {}
};

template <observed_runtime R>
class observation<R> {
 public:
  void begin(waiter<R>& op, const visible_op& what, bool forever) noexcept {
    if (R::observed()) [[unlikely]]
      record(op, what, forever);
  }
  // After the object was unlocked: finds out who called, if the site does not tell.
  void locate() noexcept {
    if (record_.fired != nullptr) [[unlikely]]
      record_.frames.capture(record_.op.where.file);
  }
  void finish() noexcept {
    if (record_.fired != nullptr) [[unlikely]]
      observed_waits.remove(record_);
  }

 private:
  LOCKSTEP_COLD void record(waiter<R>& op, const visible_op& what, bool forever) noexcept {
    record_.op = what;
    record_.task = R::self();
    if (record_.task == nullptr) record_.thread_id = current_thread_id();
    record_.since = observed_now<R>();
    record_.forever = forever;
    bool counts = forever;
    if constexpr (requires { R::counted(); }) counts = counts && R::counted();
    op.observe(record_, counts);
  }
  blocked_record record_;
};

// A waiter's alarm at a context, which may be none.
template <class R>
class cancel_registration {
 public:
  cancel_registration(waiter<R>& op, cancel_state* ctx, int token) noexcept
      : alarm_{op, token}, ctx_{ctx} {}

  // Registers, or returns false if the context has ended.
  bool arm() noexcept { return ctx_ == nullptr || ctx_->arm(alarm_); }
  void disarm() noexcept {
    if (ctx_ != nullptr) ctx_->disarm(alarm_);
  }

 private:
  waiter_alarm<R> alarm_;
  cancel_state* ctx_;
};

// What an object does around a wait, beside queueing it.
template <class R>
struct plain_wait {
  // Under the lock: queues the wait.
  static void enqueue(wait_queue<R>& q, wait_node<R>& n) noexcept { q.push_back(n); }
  // After the object was unlocked, before the task blocks; may throw. Called only if it does a thing.
  static constexpr bool acts_when_registered() noexcept { return false; }
  static void registered() noexcept {}
  // Under the lock, after a wait that was given up was unlinked.
  static void abandoned(wake_list<R>&) noexcept {}
};

// The end of a wait that its own side ended: unlinks it, and lets the object react.
template <class R, class Lock, class Hooks>
void give_up(wait_queue<R>& q, wait_node<R>& n, Lock& lock, Hooks& hooks) {
  wake_list<R> woken;
  {
    const lock_scope hold{lock};
    q.erase(n);
    hooks.abandoned(woken);
  }
  woken.wake();
}

// The wait of block() that something beside its object may end, or that is observed.
template <class R, class Lock, class Hooks>
[[gnu::noinline]] status block_contested(wait_queue<R>& q, wait_node<R>& n, Lock& lock,
                                         lock_scope<Lock>& hold, const limit& lim,
                                         const visible_op& what, Hooks& hooks) {
  observation<R> seen;
  cancel_registration<R> cancellation{*n.op, lim.ctx, fired_cancelled};
  const auto finish = [&] {
    cancellation.disarm();
    seen.finish();
  };
  const auto leave = [&] {
    finish();
    give_up(q, n, lock, hooks);
  };
  int fired = fired_cancelled;
  if (cancellation.arm()) {
    seen.begin(*n.op, what, lim.deadline == never);
    hold.unlock();
    seen.locate();
    LOCKSTEP_TRY { hooks.registered(); }
    LOCKSTEP_CATCH_ALL {
      if (n.op->claim(fired_cancelled)) {
        leave();
      } else {
        n.op->wait_firmly();
        finish();
      }
      LOCKSTEP_RETHROW;
    }
    fired = n.op->wait(lim.deadline, leave);
    finish();
    if (fired >= 0) return n.result;
  } else {
    n.op->claim(fired_cancelled);  // the object is still locked: nobody else can
    q.erase(n);
    hold.unlock();
    hooks.registered();
  }
  give_up(q, n, lock, hooks);
  return fired == fired_timeout ? status::timeout : lim.ctx->now_status();
}

// Waits in q until somebody claims n, the deadline passes or the context ends. Call with `hold`
// locking the object, after it was seen that the operation cannot proceed; returns unlocked.
// Throws what interrupts the task, or registered() throws, after giving up.
// what() tells what a report says of the wait.
template <class R, class Lock, class What, class Hooks = plain_wait<R>>
status block(wait_queue<R>& q, wait_node<R>& n, Lock& lock, lock_scope<Lock>& hold,
             const limit& lim, What what, Hooks&& hooks = {}) {
  hooks.enqueue(q, n);
  if constexpr (!std::remove_reference_t<Hooks>::acts_when_registered()) {
    if (lim.deadline == never && lim.ctx == nullptr && !hooked<R>() && n.op->leave_to_object()) {
      n.op->wait_for_object(hold);
      return n.result;
    }
  }
  return block_contested(q, n, lock, hold, lim, what(), hooks);
}

// Waits for nothing but the deadline or the end of the context.
template <class R>
status block_alone(const limit& lim, const visible_op& what) {
  typename R::short_lock lock;
  lock_scope hold{lock};
  waiter<R> op;
  wait_node<R> n{op, nullptr};
  wait_queue<R> alone;
  return block(alone, n, lock, hold, lim, [&] { return what; });
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
