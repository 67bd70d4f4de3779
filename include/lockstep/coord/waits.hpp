// waits.hpp: the forms of waiting for a named object that yields no value, each written once.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "../clock.hpp"
#include "../context.hpp"
#include "../detail/alarm.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../select.hpp"
#include "../site.hpp"
#include "await.hpp"
#include "backend_case.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Self has: bool reached() (there is nothing to wait for), bool arm(alarm&) (the same; else the alarm
// is set), void disarm(alarm&), context lost() (of the session), void describe(char*, std::size_t), and
// std::string failure(status, duration): what an error says after so long.
template <class Self>
class waits {
 public:
  // Blocks until there is nothing to wait for. Throws error{session_lost}.
  void wait(site where = site::current()) { wait_core(detail::limit::none(), where).value(); }
  // ok once there is. Otherwise error() says what was awaited, and how far it got.
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
  // Whether there is nothing to wait for. Never blocks for other instances.
  [[nodiscard]] bool try_wait(site where = site::current()) {
    return wait_core(detail::limit::at_once(), where).status() == status::ok;
  }

  // For select; see backend_case.
  [[nodiscard]] context end() const { return self().lost(); }
  [[nodiscard]] status poll() const {
    if (self().reached()) return status::ok;
    return end().done() ? status::session_lost : status::would_block;
  }
  // Throws what a wait that ended with s, not ok, reports.
  [[noreturn]] void fail(status s) const { detail::raise(s, self().failure(s, duration::zero())); }

 private:
  [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
  [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }

  outcome<void> wait_core(const detail::limit& lim, site where) {
    const time_point begun = any_runtime::now();
    const detail::visible_op what{"wait", "", &self(), where, &describe_waitable<Self>};
    const status s = await(
        lim, self().lost(), {}, what, [this](detail::alarm& a) { return self().arm(a); },
        [this](detail::alarm& a) { self().disarm(a); });
    if (s == status::ok || s == status::would_block) return s;
    return {s, self().failure(s, any_runtime::now() - begun)};
  }
};

// Ready once there is nothing to wait for. If the session ends first, select throws error{session_lost}.
template <class Self, class F = detail::no_handler>
[[nodiscard]] auto on_ready(waits<Self>& w, F f = {}, site where = site::current()) {
  auto run = [&w, f = std::move(f)](status how) mutable {
    if (how != status::ok) w.fail(how);
    f();
  };
  return backend_case<Self, decltype(run)>{static_cast<Self&>(w), std::move(run), where};
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord

namespace lockstep::inline LOCKSTEP_ABI {
using coord::on_ready;
}
