// context.hpp: cancellation and deadlines, passed down a tree.
//
// A context tells operations when to give up: when its deadline passes or when its scope, or one
// above it, is cancelled. Every wait of the library takes one as its first argument. A context is
// a cheap handle and belongs to no runtime: one tree may end waits of threads and fibers alike.
// It may carry values too: context_value.hpp. To run something when it ends: after_func.hpp.
//
// Ordering: what X does before cancel() is visible to Y after a wait or status() that reports it.
// Lifetime: handles keep the state alive; a cancel_scope cancels when it is destroyed.
// Cost: cancelling is O(descendants + waits); a wait with a context takes the tree's lock twice.
// Source: Go's package context; outcomes: Canceled is `cancelled`, DeadlineExceeded is `timeout`.
#pragma once

#include <concepts>
#include <exception>
#include <new>
#include <utility>

#include "clock.hpp"
#include "detail/cancel_state.hpp"
#include "detail/config.hpp"
#include "detail/value_chain.hpp"
#include "error.hpp"
#include "fwd.hpp"
#include "status.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

class context {
 public:
  // The background context: never ends.
  constexpr context() noexcept = default;
  context(const context& o) noexcept
      : state_{o.state_}, values_{detail::value_chain::retain(o.values_)} {
    if (state_ != nullptr) state_->retain();
  }
  context(context&& o) noexcept
      : state_{std::exchange(o.state_, nullptr)}, values_{std::exchange(o.values_, nullptr)} {}
  context& operator=(context o) noexcept {
    std::swap(state_, o.state_);
    std::swap(values_, o.values_);
    return *this;
  }
  ~context() {
    detail::cancel_state::release(state_);
    detail::value_chain::release(values_);
  }

  // ok while it lasts; then cancelled or timeout, whichever came first, for ever.  // CTX-2, CTX-4
  [[nodiscard]] lockstep::status status() const noexcept {
    return state_ != nullptr ? state_->now_status() : lockstep::status::ok;
  }
  // Whether it has ended.
  [[nodiscard]] bool done() const noexcept { return status() != lockstep::status::ok; }
  // Null while it lasts; then what it was cancelled with, by default error{status()}.  // CTX-4
  [[nodiscard]] std::exception_ptr cause() const noexcept;
  // The earliest deadline on the way to the root; `never` without one.  // CTX-5
  [[nodiscard]] time_point deadline() const noexcept {
    return state_ != nullptr ? state_->deadline() : never;
  }
  // The value nearest on the way to the root; null if there is none.  // CTX-9
  template <class T>
  [[nodiscard]] const T* value(const context_key<T>& key) const noexcept {
    return static_cast<const T*>(detail::value_chain::find(values_, &key));
  }

 private:
  friend struct detail::limit;
  friend class detail::context_access;
  // Takes over one count of each.
  context(detail::cancel_state* state, detail::value_chain* values) noexcept
      : state_{state}, values_{values} {}

  detail::cancel_state* state_ = nullptr;
  detail::value_chain* values_ = nullptr;
};

namespace detail {

// Making contexts of their parts.
class context_access {
 public:
  static cancel_state* state(const context& c) noexcept { return c.state_; }
  static value_chain* values(const context& c) noexcept { return c.values_; }

  // A child with the values of its parent.
  static context derive(const context& parent, time_point deadline) {
    cancel_state* const state = cancel_state::make(parent.state_, deadline);
    return {state, value_chain::retain(parent.values_)};
  }
  // The same context with other values, of which it takes over one count.
  static context carrying(context c, value_chain* values) noexcept {
    value_chain::release(std::exchange(c.values_, values));
    return c;
  }
};

// One object for each way to end, so that a cause is the same at each call.
template <status How>
const std::exception_ptr& default_cause() noexcept {
  alignas(std::exception_ptr) static unsigned char never_destroyed[sizeof(std::exception_ptr)];
  static const auto* const cause = ::new (static_cast<void*>(never_destroyed))
      std::exception_ptr{std::make_exception_ptr(error{How, "the context ended"})};
  return *cause;
}

}  // namespace detail

inline std::exception_ptr context::cause() const noexcept {
  const lockstep::status how = status();
  if (how == lockstep::status::ok) return nullptr;
  if (state_->cause()) return state_->cause();
  return how == lockstep::status::timeout ? detail::default_cause<lockstep::status::timeout>()
                                          : detail::default_cause<lockstep::status::cancelled>();
}

// The context that never ends.
[[nodiscard]] inline context background() noexcept { return {}; }

// Owns the right to cancel a context of its own, a child of the parent given.
//
//   cancel_scope s{parent, 5s};  worker(s.context());  s.cancel();
class cancel_scope {
 public:
  cancel_scope() : cancel_scope{lockstep::context{}} {}
  explicit cancel_scope(const lockstep::context& parent) : cancel_scope{parent, never} {}
  // Ends at the earlier of this deadline and the parent's.
  template <class Clock, class Duration>
  cancel_scope(const lockstep::context& parent,
               const std::chrono::time_point<Clock, Duration>& deadline)
      : context_{detail::context_access::derive(
            parent, detail::deadline_at(any_runtime::now(), deadline))} {}
  template <class Rep, class Period>
  cancel_scope(const lockstep::context& parent, const std::chrono::duration<Rep, Period>& d)
      : cancel_scope{parent, detail::deadline_after(any_runtime::now(), d)} {}
  template <class Rep, class Period>
  explicit cancel_scope(const std::chrono::duration<Rep, Period>& d)
      : cancel_scope{lockstep::context{}, d} {}

  cancel_scope(const cancel_scope&) = delete;
  cancel_scope& operator=(const cancel_scope&) = delete;
  ~cancel_scope() { cancel(); }

  [[nodiscard]] const lockstep::context& context() const noexcept { return context_; }

  // Ends the context and all that were derived from it. Later calls do nothing.  // CTX-1, CTX-2
  void cancel() noexcept { cancel(std::exception_ptr{}); }
  // The same, and says why: an exception, or a pointer to one.
  void cancel(const std::exception_ptr& cause) noexcept {
    detail::context_access::state(context_)->end(status::cancelled, cause);
  }
  template <class Exception>
    requires(!std::convertible_to<Exception, std::exception_ptr>)
  void cancel(Exception&& cause) noexcept {
    cancel(std::make_exception_ptr(std::forward<Exception>(cause)));
  }

 private:
  lockstep::context context_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI
