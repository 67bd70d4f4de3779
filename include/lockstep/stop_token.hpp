// stop_token.hpp: bridges between contexts and the stop tokens of the standard.
//
//   const auto scope = from_stop_token(token);  worker(scope.context());   // the token of a jthread
//   const auto bridge = to_stop_token(ctx);     other(bridge.get_token());
//
// Ordering: what X did before it requested the stop, or cancelled, is visible to Y after it saw the
// other end of the bridge.
// Lifetime: a bridge works while its object lives. Contexts and tokens obtained from it stay valid.
// Cost: from a token: a std::stop_callback, which cancels within request_stop(). To a token: that
// of after_func.hpp, a waiting task.
#pragma once

#include <stop_token>
#include <utility>

#include "after_func.hpp"
#include "context.hpp"
#include "detail/config.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

class stop_scope;
class stop_bridge;

// A scope whose context ends when the token is stopped, and with the parent.
[[nodiscard]] stop_scope from_stop_token(const std::stop_token& token, const context& parent = {});

// A token that is stopped soon after the context has ended, by a task of the caller's runtime.
template <class R = any_runtime>
[[nodiscard]] stop_bridge to_stop_token(const context& ctx);

// A cancel_scope that is also cancelled when a stop is requested.
class [[nodiscard]] stop_scope {
 public:
  stop_scope(const std::stop_token& token, const lockstep::context& parent)
      : scope_{parent}, callback_{token, canceller{&scope_}} {}
  stop_scope(const stop_scope&) = delete;
  stop_scope& operator=(const stop_scope&) = delete;

  [[nodiscard]] const lockstep::context& context() const noexcept { return scope_.context(); }
  void cancel() noexcept { scope_.cancel(); }

 private:
  struct canceller {
    cancel_scope* scope;
    void operator()() const noexcept { scope->cancel(); }
  };
  cancel_scope scope_;
  std::stop_callback<canceller> callback_;  // destroyed first: it may be running
};

// A std::stop_token on which a stop is requested when a context has ended.
class [[nodiscard]] stop_bridge {
 public:
  // Stays valid after the bridge has gone, but the context stops it no more.
  [[nodiscard]] std::stop_token get_token() const noexcept { return source_.get_token(); }

 private:
  template <class R>
  friend stop_bridge to_stop_token(const context& ctx);
  stop_bridge(std::stop_source source, after_func_handle pending) noexcept
      : source_{std::move(source)}, pending_{std::move(pending)} {}

  std::stop_source source_;
  after_func_handle pending_;
};

inline stop_scope from_stop_token(const std::stop_token& token, const context& parent) {
  return {token, parent};
}

template <class R>
stop_bridge to_stop_token(const context& ctx) {
  std::stop_source source;
  return {source, after_func<R>(ctx, [source]() mutable { source.request_stop(); })};
}

}  // namespace lockstep::inline LOCKSTEP_ABI
