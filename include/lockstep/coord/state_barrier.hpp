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
#include "../select.hpp"
#include "../site.hpp"
#include "backend.hpp"
#include "scope.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// What client::barrier returns: open once the state's count is at least the target. May be waited
// for any number of times, and in a select through on_ready.
class [[nodiscard]] state_barrier {
 public:
  // Throws error{unsupported} for a bad name, and for a target of 2^63 or more: the difference of
  // two unsigned numbers the wrong way round.
  state_barrier(std::shared_ptr<scope> s, const std::string& state, std::uint64_t target)
      : scope_{std::move(s)}, state_{state}, key_{scope_->key("state", state)}, target_{target} {
    if (target >> 63U != 0) {
      throw error{status::unsupported, "barrier '" + state + "': a target of " +
                                           std::to_string(target) +
                                           " is a negative number wrapped"};
    }
  }

  // Blocks until open. Throws error{session_lost}.
  void wait(site where = site::current()) {
    if (auto o = wait_core(detail::limit::none(), where); !o) throw o.error();
  }
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

  // For select.
  bool arm(detail::alarm& a) {
    return target_ == 0 || scope_->backend->counter_arm(key_, target_, scope_->self, a);
  }
  void disarm(detail::alarm& a) {
    if (target_ != 0) scope_->backend->counter_disarm(key_, a);
  }

 private:
  outcome<void> wait_core(const detail::limit& lim, site where) {
    const time_point begun = any_runtime::now();
    const detail::visible_op what{"wait", "barrier", this, where, &describe};
    const status s = await(
        lim, scope_->backend->lost(), what, [this](detail::alarm& a) { return arm(a); },
        [this](detail::alarm& a) { disarm(a); });
    if (s == status::ok || s == status::would_block) return s;
    return {s, failure(any_runtime::now() - begun)};
  }

  [[nodiscard]] std::string failure(duration waited) const {
    progress p = scope_->backend->counter_progress(key_);
    p.waiting.push_back(scope_->self);
    std::string text = progress_text(*scope_, p, target_);
    text.insert(std::min(text.find(','), text.size()), " after " + duration_text(waited));
    return "barrier '" + state_ + "': " + text;
  }

  static void describe(const void* object, char* text, std::size_t size) noexcept {
    const auto& self = *static_cast<const state_barrier*>(object);
    const auto p = self.scope_->backend->counter_progress(self.key_);
    std::snprintf(text, size, "'%s': %s", self.state_.c_str(),
                  progress_text(*self.scope_, p, self.target_).c_str());
  }

  std::shared_ptr<scope> scope_;
  std::string state_;
  std::string key_;
  std::uint64_t target_;
};

// The case of a select that waits for a state barrier.
template <class F>
class state_barrier_case final : public detail::armed_case {
 public:
  state_barrier_case(state_barrier& b, F f, site where)
      : armed_case{where}, barrier_{&b}, f_{std::move(f)} {}

  status poll() override { return barrier_->try_wait() ? status::ok : status::would_block; }
  bool arm(detail::alarm& a) override { return !barrier_->arm(a); }
  void disarm(detail::alarm& a) override { barrier_->disarm(a); }
  const char* name() const noexcept override { return "wait barrier"; }
  void run(status) override { f_(); }

 private:
  state_barrier* barrier_;
  F f_;
};

template <class F = detail::no_handler>
[[nodiscard]] auto on_ready(state_barrier& b, F f = {}, site where = site::current()) {
  return state_barrier_case<F>{b, std::move(f), where};
}

// Counts one more instance in a state; returns the count after it.
inline outcome<std::uint64_t> signal(scope& s, const std::string& state) {
  return s.backend->counter_add(s.key("state", state), s.self);
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
