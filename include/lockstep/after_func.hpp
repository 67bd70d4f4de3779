// after_func.hpp: running something when a context ends.
//
//   const auto pending = after_func(ctx, [conn] { conn->close(); });
//
// f runs in a task of its own, at most once, when the context is cancelled or its deadline passes;
// at once if it has ended already. stop(), or the end of the handle, prevents that as long as f has
// not been chosen to run.
//
// Ordering: what X did before it ended the context is visible to f.
// Lifetime: stop() and the end of the handle do not wait for f: what f uses is its own, or outlives
// it. f is destroyed in its task. An exception that leaves f is treated as go()'s.
// Cost: a task that waits, from the call until the context ends or stop(); none for a context that
// never ends. stop() is O(1).
// Source: Go's context.AfterFunc; statement CTX-7.
#pragma once

#include <type_traits>
#include <utility>

#include "context.hpp"
#include "detail/blocking.hpp"
#include "detail/cancel_state.hpp"
#include "detail/config.hpp"
#include "go.hpp"
#include "runtime/any.hpp"
#include "site.hpp"
#include "status.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

class after_func_handle;

// Calls f() in a task of its own when the context has ended.
// Throws error{unavailable} if no task can be started.
template <class R = any_runtime, class F>
after_func_handle after_func(const context& ctx, F&& f, site where = site::current());

// A function that waits for a context to end. Stops when destroyed.
class [[nodiscard]] after_func_handle {
 public:
  after_func_handle(after_func_handle&&) noexcept = default;
  after_func_handle& operator=(after_func_handle&& o) noexcept {
    std::swap(watched_, o.watched_);
    return *this;
  }
  ~after_func_handle() { stop(); }

  // Whether this call is what keeps f from ever running.  // CTX-7
  bool stop() noexcept {
    auto* const state = detail::context_access::state(watched_);
    return state != nullptr && state->end(stopped);
  }

 private:
  template <class R, class F>
  friend after_func_handle after_func(const context& ctx, F&& f, site where);
  explicit after_func_handle(context watched) noexcept : watched_{std::move(watched)} {}

  // How the watched context ends if stop() comes first.
  static constexpr status stopped = status::closed;

  context watched_;  // a child of the one that was given: it ends with that one, or by stop()
};

template <class R, class F>
after_func_handle after_func(const context& ctx, F&& f, site where) {
  after_func_handle handle{detail::context_access::derive(ctx, never)};
  if (detail::context_access::state(ctx) == nullptr) return handle;  // it never ends
  go<R>(
      "after_func",
      [watched = handle.watched_, run = std::forward<F>(f), where]() mutable {
        const detail::visible_op what{"wait for the end", "context", nullptr, where, nullptr};
        detail::block_alone<R>(detail::limit::of(watched), what);
        if (watched.status() != after_func_handle::stopped) run();
      },
      where);
  return handle;
}

}  // namespace lockstep::inline LOCKSTEP_ABI
