// lock_spellings.hpp: the forms of taking a named lock, each written once.
#pragma once

#include <chrono>
#include <utility>

#include "../context.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "guard.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Self has: entrance_, and held_, the ticket of what was locked through the handle. It is a friend.
template <class Self>
class exclusive_spellings {
 public:
  // Blocks until the lock is held by the caller. Throws error{session_lost}.
  void lock(site where = site::current()) { take(detail::limit::none(), where).value(); }
  // Whether it was taken.
  [[nodiscard]] bool try_lock(site where = site::current()) {
    return bool{take(detail::limit::at_once(), where)};
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& d,
                                  site where = site::current()) {
    return bool{take(detail::limit::within<any_runtime>(d), where)};
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                    site where = site::current()) {
    return bool{take(detail::limit::until<any_runtime>(deadline), where)};
  }
  // ok: held. Otherwise not, and error() says who had it.
  outcome<void> lock(const context& ctx, site where = site::current()) {
    return take(detail::limit::of(ctx), where);
  }

  // The same, as guards of their own.
  [[nodiscard]] guard acquire(site where = site::current()) {
    return guarded(detail::limit::none(), where).value();
  }
  [[nodiscard]] outcome<guard> try_acquire(site where = site::current()) {
    return guarded(detail::limit::at_once(), where);
  }
  template <class Rep, class Period>
  [[nodiscard]] outcome<guard> try_acquire_for(const std::chrono::duration<Rep, Period>& d,
                                               site where = site::current()) {
    return guarded(detail::limit::within<any_runtime>(d), where);
  }
  template <class Clock, class Duration>
  [[nodiscard]] outcome<guard> try_acquire_until(
      const std::chrono::time_point<Clock, Duration>& deadline, site where = site::current()) {
    return guarded(detail::limit::until<any_runtime>(deadline), where);
  }
  [[nodiscard]] outcome<guard> acquire(const context& ctx, site where = site::current()) {
    return guarded(detail::limit::of(ctx), where);
  }

 private:
  outcome<void> take(const detail::limit& lim, const site& where) {
    auto& self = static_cast<Self&>(*this);
    auto in = self.entrance_->enter(terms{}, {}, lim, "lock", where);
    if (!in) return {in.status(), in.text()};
    self.held_ = *in;
    return status::ok;
  }
  outcome<guard> guarded(const detail::limit& lim, const site& where) {
    auto& self = static_cast<Self&>(*this);
    auto in = self.entrance_->enter(terms{}, {}, lim, "acquire", where);
    if (!in) return {in.status(), in.text()};
    return outcome<guard>{std::in_place, self.entrance_, *in};
  }
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
