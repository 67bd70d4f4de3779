// barrier.hpp: a meeting point that a fixed number of parties pass together, again and again.
//
// barrier b{8, [] { /* completion */ }};  b.arrive_and_wait();
//
// The last party to arrive runs the completion; then all go on and the next phase begins. A party
// that gives up while it waits (its deadline passed, its context ended) breaks the barrier, as does
// a completion that throws: parties that wait, and all that come later, get `broken` until reset().
// So nobody waits for a party that will not come.
//
// Ordering: what any party does before it arrives is visible to the completion, and what the
// completion does is visible to all parties after it.
// Lifetime: may be destroyed as soon as no task waits; the last to arrive need not have returned.
// Cost: one short lock for each arrival.
// Source: std::barrier; broken state and reset() as in Java's CyclicBarrier.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <type_traits>
#include <utility>

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
class basic_barrier : private detail::visible_object<basic_barrier<R>, R> {
 public:
  using runtime_type = R;

  // Names the phase in which a party arrived.
  class arrival_token {
   public:
    arrival_token(arrival_token&&) noexcept = default;
    arrival_token& operator=(arrival_token&&) noexcept = default;

   private:
    friend basic_barrier;
    arrival_token(std::uint64_t phase, std::uint64_t resets) noexcept
        : phase_{phase}, resets_{resets} {}
    std::uint64_t phase_;
    std::uint64_t resets_;
  };

  // Contract: parties is not negative.
  explicit basic_barrier(std::ptrdiff_t parties, site where = site::current())
      : parties_{parties}, missing_{parties} {
    detail::expects(parties >= 0, "a barrier for a negative number of parties", this, where);
  }
  // completion() runs once a phase, in the task of the last party to arrive, before any is
  // released. It may use the library, but not this barrier.
  template <class Completion>
    requires std::is_invocable_v<std::decay_t<Completion>&>
  basic_barrier(std::ptrdiff_t parties, Completion&& completion, site where = site::current())
      : basic_barrier{parties, where} {
    completion_ = new callback<std::decay_t<Completion>>(std::forward<Completion>(completion));
  }
  basic_barrier(const basic_barrier&) = delete;
  basic_barrier& operator=(const basic_barrier&) = delete;
  // Contract: no task waits.
  ~basic_barrier() {
    detail::expects(waiters_.empty(), "a barrier is destroyed with waiters", this, site::current());
    delete completion_;
  }

  // Arrives, and blocks until all parties have. Throws error{broken}.
  void arrive_and_wait(site where = site::current()) {
    if (meet(detail::limit::none(), where) != status::ok) raise_broken();
  }
  // ok; broken; or the context ended or time ran out first, and the barrier is now broken.
  [[nodiscard]] status arrive_and_wait(const context& ctx, site where = site::current()) {
    return meet(detail::limit::of(ctx), where);
  }
  template <class Rep, class Period>
  [[nodiscard]] status arrive_and_wait_for(const std::chrono::duration<Rep, Period>& d,
                                           site where = site::current()) {
    return meet(detail::limit::within<R>(d), where);
  }
  template <class Clock, class Duration>
  [[nodiscard]] status arrive_and_wait_until(
      const std::chrono::time_point<Clock, Duration>& deadline, site where = site::current()) {
    return meet(detail::limit::until<R>(deadline), where);
  }

  // Arrives for n parties without waiting. Contract: so many are missing. Throws error{broken}.
  [[nodiscard]] arrival_token arrive(std::ptrdiff_t n = 1, site where = site::current());
  // Blocks until the phase of the token is over. Throws error{broken} if it never will be.
  void wait(arrival_token&& arrival, site where = site::current()) {
    if (wait_phase({arrival.phase_, arrival.resets_}, detail::limit::none(), where) != status::ok)
      raise_broken();
  }
  // As wait; to give up here does not break the barrier, for the arrival stands.
  [[nodiscard]] status wait(const context& ctx, const arrival_token& arrival,
                            site where = site::current()) {
    return wait_phase({arrival.phase_, arrival.resets_}, detail::limit::of(ctx), where);
  }
  // Arrives, and leaves for good: later phases expect one party less.
  void arrive_and_drop(site where = site::current());

  // Breaks the present phase for those who wait, and begins a new one with all parties missing.
  void reset(site where = site::current());

  [[nodiscard]] bool broken() const noexcept {
    const hold_type hold{lock_};
    return broken_;
  }
  [[nodiscard]] static constexpr std::ptrdiff_t max() noexcept {
    return static_cast<std::ptrdiff_t>(~std::size_t{0} >> 1U);
  }

 private:
  friend class detail::visible_object<basic_barrier, R>;
  using lock_type = typename R::short_lock;
  using hold_type = detail::lock_scope<lock_type>;
  static constexpr std::uint64_t no_phase = ~std::uint64_t{0};

  // Where a party arrived.
  struct place {
    std::uint64_t phase;
    std::uint64_t resets;
  };

  // The completion, with its type erased.
  struct callback_base {
    virtual ~callback_base() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct callback final : callback_base {
    template <class G>
    explicit callback(G&& g) : f(std::forward<G>(g)) {}
    void run() override { static_cast<void>(f()); }
    F f;
  };

  [[noreturn]] static void raise_broken() {
    detail::raise(status::broken, "a party of the barrier gave up");
  }
  status meet(const detail::limit& lim, site where);
  status wait_phase(const place& at, const detail::limit& lim, site where);
  status await_release(const place& at, bool break_on_failure, hold_type& hold,
                       const detail::limit& lim, site where);

  // Both under the lock. arrive_locked returns whether nobody is missing any more; then the caller
  // has to call trip, which unlocks and returns how the phase ended.
  void expect_missing(std::ptrdiff_t n, site where) const;
  bool arrive_locked(std::ptrdiff_t n, site where);
  status trip(hold_type& hold);
  // Under the lock. A phase that is over was completed unless a reset ended it; of older resets
  // than the last nothing is known, so a wait that slept through two of them counts as broken.
  bool over(const place& at) const noexcept { return phase_ != at.phase; }
  bool completed(const place& at) const noexcept {
    return over(at) &&
           (at.resets == resets_ || (at.resets + 1 == resets_ && at.phase != reset_phase_));
  }
  bool completing(const place& at) const noexcept { return completing_phase_ == at.phase; }
  void break_locked(detail::wake_list<R>& woken) noexcept {
    broken_ = true;
    waiters_.claim_all(status::broken, woken);
  }

  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "barrier", this, where, &describe};
  }
  static void describe(const void* object, char* text, std::size_t size) noexcept {
    const auto& b = *static_cast<const basic_barrier*>(object);
    if (!b.lock_.try_lock()) return;
    std::snprintf(text, size, "%td of %td arrived", b.parties_ - b.missing_, b.parties_);
    b.lock_.unlock();
  }

  mutable lock_type lock_;
  bool broken_ = false;
  std::uint64_t completing_phase_ = no_phase;  // of which the completion is running
  std::ptrdiff_t parties_;
  std::ptrdiff_t missing_;
  std::uint64_t phase_ = 0;
  std::uint64_t resets_ = 0;
  std::uint64_t reset_phase_ = no_phase;  // that the last reset() ended
  detail::wait_queue<R> waiters_;
  callback_base* completion_ = nullptr;
};

using barrier = basic_barrier<any_runtime>;
namespace threads {
using barrier = basic_barrier<threads_runtime>;
}

template <class R>
void basic_barrier<R>::expect_missing(std::ptrdiff_t n, site where) const {
  detail::expects(n >= 0 && n <= missing_ && completing_phase_ != phase_,
                  "more parties arrive at a barrier than it has", this, where);
}

template <class R>
bool basic_barrier<R>::arrive_locked(std::ptrdiff_t n, site where) {
  expect_missing(n, where);
  missing_ -= n;
  return missing_ == 0;
}

template <class R>
status basic_barrier<R>::trip(hold_type& hold) {
  const place at{phase_, resets_};
  detail::wake_list<R> woken;
  if (completion_ != nullptr) {
    completing_phase_ = at.phase;
    hold.unlock();
    LOCKSTEP_TRY { completion_->run(); }
    LOCKSTEP_CATCH_ALL {
      hold.lock();
      if (completing(at)) completing_phase_ = no_phase;
      if (!over(at)) break_locked(woken);
      hold.unlock();
      woken.wake();
      LOCKSTEP_RETHROW;
    }
    hold.lock();
    if (completing(at)) completing_phase_ = no_phase;
  }
  const bool completes = !over(at);  // else reset() ended the phase meanwhile
  if (completes) {
    ++phase_;
    missing_ = parties_;
    waiters_.claim_all(status::ok, woken);
  }
  hold.unlock();
  woken.wake();
  return completes ? status::ok : status::broken;
}

template <class R>
status basic_barrier<R>::meet(const detail::limit& lim, site where) {
  this->announce("arrive_and_wait", where);
  hold_type hold{lock_};
  if (broken_) return status::broken;
  const place at{phase_, resets_};
  if (const status s = lim.before(); s != status::ok) {  // this party will not come
    expect_missing(1, where);
    detail::wake_list<R> woken;
    break_locked(woken);
    hold.unlock();
    woken.wake();
    return s;
  }
  if (arrive_locked(1, where)) return trip(hold);
  return await_release(at, true, hold, lim, where);
}

// Waits, once the own arrival is counted, for the end of the phase.
template <class R>
status basic_barrier<R>::await_release(const place& at, bool break_on_failure, hold_type& hold,
                                       const detail::limit& lim, site where) {
  struct hooks : detail::plain_wait<R> {
    basic_barrier* self;
    place at;
    bool breaks;
    bool passes = false;  // all had arrived when this wait gave up
    hooks(basic_barrier* b, const place& p, bool br) noexcept : self{b}, at{p}, breaks{br} {}
    void abandoned(detail::wake_list<R>& woken) noexcept {
      passes = self->completed(at) || (!self->over(at) && self->completing(at));
      if (!self->over(at) && !passes && breaks) self->break_locked(woken);
    }
  };
  detail::waiter<R> op;
  detail::wait_node<R> n{op, nullptr};
  hooks h{this, at, break_on_failure};
  status s = status::cancelled;
  LOCKSTEP_TRY {
    s = detail::block(
        waiters_, n, lock_, hold, lim, [&] { return operation("arrive_and_wait", where); }, h);
  }
  LOCKSTEP_CATCH_ALL {
    if (!h.passes) LOCKSTEP_RETHROW;
    op.postpone_interruption();
  }
  // Given up too late to matter: all have arrived, so this party passes with the others.
  if (!h.passes) return s;
  const detail::shield<R> to_the_end;
  return wait_phase(at, detail::limit::none(), where);
}

template <class R>
status basic_barrier<R>::wait_phase(const place& at, const detail::limit& lim, site where) {
  hold_type hold{lock_};
  if (over(at)) return completed(at) ? status::ok : status::broken;
  if (broken_) return status::broken;
  return await_release(at, false, hold, lim, where);
}

template <class R>
auto basic_barrier<R>::arrive(std::ptrdiff_t n, site where) -> arrival_token {
  this->announce("arrive", where);
  hold_type hold{lock_};
  if (broken_) raise_broken();
  const place at{phase_, resets_};
  if (arrive_locked(n, where)) static_cast<void>(trip(hold));
  return arrival_token{at.phase, at.resets};
}

template <class R>
void basic_barrier<R>::arrive_and_drop(site where) {
  this->announce("arrive_and_drop", where);
  hold_type hold{lock_};
  if (broken_) {
    detail::expects(parties_ > 0, "more parties leave a barrier than it has", this, where);
    --parties_;
    return;
  }
  const bool last = arrive_locked(1, where);
  --parties_;
  if (last) static_cast<void>(trip(hold));
}

template <class R>
void basic_barrier<R>::reset(site where) {
  this->announce("reset", where);
  detail::wake_list<R> woken;
  {
    const hold_type hold{lock_};
    waiters_.claim_all(status::broken, woken);
    broken_ = false;
    ++resets_;
    reset_phase_ = phase_++;
    missing_ = parties_;
  }
  woken.wake();
}

}  // namespace lockstep::inline LOCKSTEP_ABI
