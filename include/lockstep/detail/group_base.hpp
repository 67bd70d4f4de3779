// group_base.hpp: a group of functions that fail together: what task_group and result_group share.
//
// A wait group counts the functions, a semaphore holds the limit. The first function to fail owns
// the record of the failure, and cancels the group's context; whoever waits reads the record once
// everyone has been counted out, so it needs no lock.
#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

#include "../context.hpp"
#include "../contract.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../semaphore.hpp"
#include "../site.hpp"
#include "../wait_group.hpp"
#include "blocking.hpp"
#include "config.hpp"
#include "group_function.hpp"
#include "payload.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// A group of functions that yield a T each. Self has
//   auto new_place()              where a function that starts now puts its T,
//   void keep(place, outcome<T>)  puts it there,
//   outcome<Result> collect()     takes all out of their places,
// and calls end_early() in its destructor.
template <class Self, class T, class Result, class R>
class group_base {
 public:
  using runtime_type = R;
  static constexpr std::ptrdiff_t no_limit = static_cast<std::ptrdiff_t>(~std::size_t{0} >> 2U);

  group_base(const group_base&) = delete;
  group_base& operator=(const group_base&) = delete;

  // Lets no more than n functions run at once. Contract: n > 0, and none runs now.  // EG-4
  void set_limit(std::ptrdiff_t n, site where = site::current());

  // Calls f(context()) or f() in a task of its own. Blocks while the limit is reached.  // EG-3
  template <group_function<T> F>
  void go(F&& f, site where = site::current()) {
    go("", std::forward<F>(f), where);
  }
  template <group_function<T> F>
  void go(const char* name, F&& f, site where = site::current()) {
    slots_.acquire(1, where);
    start(name, std::forward<F>(f), where);
  }
  // ok: f was started. Otherwise it was not: ctx ended before the limit had room for it.
  template <group_function<T> F>
  [[nodiscard]] status go(const lockstep::context& ctx, F&& f, site where = site::current()) {
    return go(ctx, "", std::forward<F>(f), where);
  }
  template <group_function<T> F>
  [[nodiscard]] status go(const lockstep::context& ctx, const char* name, F&& f,
                          site where = site::current()) {
    const status s = slots_.acquire(ctx, 1, where);
    if (s == status::ok) start(name, std::forward<F>(f), where);
    return s;
  }
  // Whether f was started; false: the limit is reached.
  template <group_function<T> F>
  [[nodiscard]] bool try_go(F&& f, site where = site::current()) {
    return try_go("", std::forward<F>(f), where);
  }
  template <group_function<T> F>
  [[nodiscard]] bool try_go(const char* name, F&& f, site where = site::current()) {
    const bool room = slots_.try_acquire(1, where);
    if (room) start(name, std::forward<F>(f), where);
    return room;
  }

  // Ends with the first failure, or when all functions have returned and a wait() saw it; then the
  // group has another one.  // EG-2
  [[nodiscard]] const lockstep::context& context() const noexcept { return (*scope_).context(); }

  // Blocks until every function has returned; then the results, or the first failure is thrown: the
  // exception that left the function, or error for a status it returned.  // EG-1
  Result wait(site where = site::current()) {
    members_.wait(where);
    return end_or_throw();
  }
  // The same as a value: an exception that is not an error counts as broken, with its what(). Or
  // the group goes on: would_block; timeout; or as ctx ended.
  [[nodiscard]] outcome<Result> wait(const lockstep::context& ctx, site where = site::current()) {
    return end_after(members_.wait(ctx, where));
  }
  [[nodiscard]] outcome<Result> try_wait() {
    return end_after(members_.try_wait() ? status::ok : status::would_block);
  }
  template <class Rep, class Period>
  [[nodiscard]] outcome<Result> try_wait_for(const std::chrono::duration<Rep, Period>& d,
                                             site where = site::current()) {
    return end_after(members_.try_wait_for(d, where));
  }
  template <class Clock, class Duration>
  [[nodiscard]] outcome<Result> try_wait_until(
      const std::chrono::time_point<Clock, Duration>& deadline, site where = site::current()) {
    return end_after(members_.try_wait_until(deadline, where));
  }

 protected:
  explicit group_base(const lockstep::context& parent)
      : parent_{parent}, scope_{std::in_place, parent} {}
  // Cancels and waits, before anything that the functions use is gone.
  void end_early() noexcept {
    (*scope_).cancel();
    const shield<R> to_the_end;
    members_.wait();
  }
  ~group_base() = default;

 private:
  // A function's part of the limit.
  class slot {
   public:
    explicit slot(basic_semaphore<R>& s) noexcept : of_{&s} {}
    slot(slot&& o) noexcept : of_{std::exchange(o.of_, nullptr)} {}
    slot& operator=(slot&&) = delete;
    ~slot() {
      if (of_ != nullptr) of_->release();
    }

   private:
    basic_semaphore<R>* of_;
  };

  // A function in its task. Its captures go first, then its slot; then it is counted out, and
  // touches the group no more.
  template <class F, class Place>
  struct member {
    slot held;
    group_base* group;
    Place place;
    F body;
    void operator()() noexcept {
      LOCKSTEP_TRY { group->settle(place, outcome_in_group<T>(body, group->context())); }
      LOCKSTEP_CATCH_ALL { group->fail({status::broken}, std::current_exception()); }
    }
  };

  Self& self() noexcept { return static_cast<Self&>(*this); }

  template <class F>
  void start(const char* name, F&& f, site where) {
    using body = std::decay_t<F>;
    slot held{slots_};
    auto place = self().new_place();
    members_.go(name,
                member<body, decltype(place)>{std::move(held), this, place, std::forward<F>(f)},
                where);
  }

  template <class Place>
  void settle(Place place, outcome<T>&& result) {
    if (result) return self().keep(place, std::move(result));
    fail(std::move(result), {});
  }

  // Only the first failure counts.
  void fail(outcome_base&& how, std::exception_ptr thrown) {
    if (failed_.exchange(true, std::memory_order_relaxed)) return;  // ordered by the count
    failure_ = std::move(how);
    thrown_ = std::move(thrown);
    cancel_with(thrown_ ? thrown_ : std::make_exception_ptr(failure_.error()));
  }

  // Ends the context because of a failure.  // EG-2
  void cancel_with(const std::exception_ptr& cause) noexcept { (*scope_).cancel(cause); }

  // Once all functions have returned: ends the context, and begins anew.
  bool renew() {
    scope_ = box<cancel_scope>{std::in_place, parent_};
    return failed_.exchange(false, std::memory_order_relaxed);
  }
  Result end_or_throw() {
    const bool failed = renew();
    [[maybe_unused]] auto results = self().collect();
    if (failed) {
#if LOCKSTEP_EXCEPTIONS
      if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
#endif
      raise(failure_.status(), failure_.text());
    }
    return *std::move(results);
  }
  outcome<Result> end_after(status waited) {
    if (waited != status::ok) return waited;
    const bool failed = renew();
    auto results = self().collect();
    if (!failed) return results;
    if (thrown_) failure_ = failure_of(std::exchange(thrown_, nullptr));
    return {failure_.status(), failure_.text()};
  }

  lockstep::context parent_;
  box<cancel_scope> scope_;
  typename R::template atomic<bool> failed_{false};
  outcome_base failure_{status::ok};  // both belong to the first to fail, then to the waiter
  std::exception_ptr thrown_;
  std::ptrdiff_t limit_ = no_limit;
  basic_semaphore<R> slots_{no_limit, no_limit};
  basic_wait_group<R> members_;
};

template <class Self, class T, class Result, class R>
void group_base<Self, T, Result, R>::set_limit(std::ptrdiff_t n, site where) {
  expects(0 < n && n <= no_limit, "the limit of a group is below one", this, where);
  expects(members_.try_wait(), "the limit of a group is changed while its functions run", this,
          where);
  n < limit_ ? slots_.acquire(limit_ - n, where) : slots_.release(n - limit_, where);
  limit_ = n;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
