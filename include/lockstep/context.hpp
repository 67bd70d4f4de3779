// context.hpp: cancellation and deadlines, passed down a tree.
//
// A context tells operations when to give up: when its deadline passes or when its scope, or one
// above it, is cancelled. Every wait of the library takes one as its first argument. A context is
// a cheap handle and belongs to no runtime: one tree may end waits of threads and fibers alike.
//
// Ordering: what X does before cancel() is visible to Y after a wait or status() that reports it.
// Lifetime: handles keep the state alive; a cancel_scope cancels when it is destroyed.
// Cost: cancelling is O(descendants + waits); a wait with a context takes the tree's lock twice.
// Source: Go's package context; outcomes: Canceled is `cancelled`, DeadlineExceeded is `timeout`.
#pragma once

#include <utility>

#include "clock.hpp"
#include "detail/cancel_state.hpp"
#include "detail/config.hpp"
#include "fwd.hpp"
#include "status.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

class context {
 public:
  // The background context: never ends.
  constexpr context() noexcept = default;
  context(const context& o) noexcept : state_{o.state_} {
    if (state_ != nullptr) state_->retain();
  }
  context(context&& o) noexcept : state_{std::exchange(o.state_, nullptr)} {}
  context& operator=(context o) noexcept {
    std::swap(state_, o.state_);
    return *this;
  }
  ~context() { detail::cancel_state::release(state_); }

  // ok while it lasts; then cancelled or timeout, whichever came first, for ever.  // CTX-2, CTX-4
  [[nodiscard]] lockstep::status status() const noexcept {
    return state_ != nullptr ? state_->now_status() : lockstep::status::ok;
  }
  // Whether it has ended.
  [[nodiscard]] bool done() const noexcept { return status() != lockstep::status::ok; }
  // The earliest deadline on the way to the root; `never` without one.  // CTX-5
  [[nodiscard]] time_point deadline() const noexcept {
    return state_ != nullptr ? state_->deadline() : never;
  }

 private:
  friend class cancel_scope;
  friend struct detail::limit;
  friend class detail::context_access;
  explicit context(detail::cancel_state* adopted) noexcept : state_{adopted} {}

  detail::cancel_state* state_ = nullptr;
};

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
      : context_{detail::cancel_state::make(parent.state_,
                                            detail::deadline_at(any_runtime::now(), deadline))} {}
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
  void cancel() noexcept { context_.state_->end(status::cancelled); }

 private:
  lockstep::context context_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI
