// state_barrier.hpp: waiting until a number of instances have signalled a state.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../site.hpp"
#include "await.hpp"
#include "backend.hpp"
#include "backend_case.hpp"
#include "progress_text.hpp"
#include "scope.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// What client::barrier returns: open once the state's count is at least the target. May be waited
// for any number of times, and in a select through on_ready.
class [[nodiscard]] state_barrier {
 public:
  // Throws error{unsupported} for a bad name, and for a target of 2^63 or more: the difference of
  // two unsigned numbers the wrong way round.
  state_barrier(std::shared_ptr<scope> s, const std::string& state, std::uint64_t target)
      : scope_{std::move(s)},
        state_{state},
        counter_{&scope_->backend->counter_named(scope_->key("state", state))},
        target_{target} {
    if (target >> 63U != 0) {
      detail::raise(status::unsupported, "barrier '" + state + "': a target of " +
                                             std::to_string(target) +
                                             " is a negative number wrapped");
    }
  }

  // Blocks until open. Throws error{session_lost}.
  void wait(site where = site::current()) { wait_core(detail::limit::none(), where).value(); }
  // ok once open. Otherwise error() says how far the state got and which instances are missing.
  outcome<void> wait(const context& ctx, site where = site::current()) {
    return wait_core(detail::limit::of(ctx), where);
  }
  template <class Rep, class Period>
  outcome<void> try_wait_for(const std::chrono::duration<Rep, Period>& d,
                             site where = site::current()) {
    return wait_core(detail::limit::within<any_runtime>(d), where);
  }
  template <class Clock, class Duration>
  outcome<void> try_wait_until(const std::chrono::time_point<Clock, Duration>& deadline,
                               site where = site::current()) {
    return wait_core(detail::limit::until<any_runtime>(deadline), where);
  }
  // Whether it is open. Never blocks for other instances.
  [[nodiscard]] bool try_wait(site where = site::current()) {
    return wait_core(detail::limit::at_once(), where).status() == status::ok;
  }

  // For select; see backend_case.
  [[nodiscard]] status poll() const {
    if (target_ == 0 || counter_->get() >= target_) return status::ok;
    return end().done() ? status::session_lost : status::would_block;
  }
  bool arm(detail::alarm& a) { return target_ == 0 || counter_->arm(target_, scope_->self, a); }
  void disarm(detail::alarm& a) {
    if (target_ != 0) counter_->disarm(a);
  }
  [[nodiscard]] context end() const { return scope_->backend->lost(); }
  void describe(char* text, std::size_t size) const {
    std::snprintf(text, size, "barrier '%s': %s", state_.c_str(),
                  progress_text(*scope_, *counter_, target_).c_str());
  }
  // Throws what a wait that ended with s, not ok, reports.
  [[noreturn]] void fail(status s) const { detail::raise(s, failure(s, duration::zero())); }

 private:
  outcome<void> wait_core(const detail::limit& lim, site where) {
    const time_point begun = any_runtime::now();
    const detail::visible_op what{"wait", "", this, where, &describe_waitable<state_barrier>};
    const status s = await(
        lim, end(), {}, what, [this](detail::alarm& a) { return arm(a); },
        [this](detail::alarm& a) { disarm(a); });
    if (s == status::ok || s == status::would_block) return s;
    return {s, failure(s, any_runtime::now() - begun)};
  }

  // (Once the session is over, which all waits are told of at once, nobody is named.)
  [[nodiscard]] std::string failure(status s, duration waited) const {
    std::string text;
    if (s == status::session_lost) {
      text = count_text(counter_->get(), target_);
    } else {
      progress p = counter_->progress();
      p.waiting.push_back(scope_->self);
      text = progress_text(*scope_, p, target_);
    }
    text.insert(std::min(text.find(','), text.size()), " after " + duration_text(waited));
    return "barrier '" + state_ + "': " + text;
  }

  std::shared_ptr<scope> scope_;
  std::string state_;
  counter* counter_;
  std::uint64_t target_;
};

// Ready once the barrier is open. If the session ends first, select throws error{session_lost}.
template <class F = detail::no_handler>
[[nodiscard]] auto on_ready(state_barrier& b, F f = {}, site where = site::current()) {
  auto run = [&b, f = std::move(f)](status how) mutable {
    if (how != status::ok) b.fail(how);
    f();
  };
  return backend_case<state_barrier, decltype(run)>{b, std::move(run), where};
}

// Counts one more instance in a state; returns the count after it.
inline outcome<std::uint64_t> signal(scope& s, const std::string& state) {
  if (s.backend->lost().done()) return status::session_lost;
  return s.backend->counter_named(s.key("state", state)).add(s.self);
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord

namespace lockstep::inline LOCKSTEP_ABI {
using coord::on_ready;
}
