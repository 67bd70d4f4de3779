// timer.hpp: a tick at a time, or one again and again, to be received like a value of a channel.
//
//   timer t{50ms};                 one tick, 50 ms from now
//   ticker every{1s};              for (time_point t : every) ...
//   select(on_recv(jobs, work), on_recv(after(50ms), give_up));
//
// A tick is the time at which it was due. It is received once, by one receiver, at that time or
// later (TM-1). After stop() or reset() no tick of the old setting is received any more (TM-2); who
// waits then waits for the new setting, and for a stopped timer until its own limit. A ticker drops
// the ticks that its receivers are too slow for, but one, and keeps its phase.
//
// Ordering: what X does before reset() is visible to Y after it received a tick of that setting.
// Lifetime: may be destroyed as soon as no task waits in it; that stops it (TM-3).
// Cost: no thread, no allocation, nothing to do while time passes; each operation takes a short lock
// and reads the clock. Several receivers of one timer all wake when a tick is due, and one gets it.
// Source: Go's time.Timer and time.Ticker, as of Go 1.23; statements TM-1..5.
#pragma once

#include <utility>

#include "clock.hpp"
#include "contract.hpp"
#include "detail/config.hpp"
#include "detail/select_cases.hpp"
#include "detail/tick_source.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"
#include "site.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// One tick.
template <class R>
class basic_timer : public detail::tick_source<R> {
 public:
  // Due d from now; at once if d is negative.
  template <class Rep, class Period>
  explicit basic_timer(const std::chrono::duration<Rep, Period>& d) noexcept
      : detail::tick_source<R>{"timer", detail::deadline_after(R::now(), d), {}} {}

  // As if it were made now. Returns whether this kept a tick of the old setting from being
  // received.  // TM-2, TM-4
  template <class Rep, class Period>
  bool reset(const std::chrono::duration<Rep, Period>& d, site where = site::current()) {
    return this->set("reset", detail::deadline_after(R::now(), d), {}, where);
  }
};

// A tick at the end of every period.
template <class R>
class basic_ticker : public detail::tick_source<R> {
 public:
  // Contract: the period is positive.
  template <class Rep, class Period>
  explicit basic_ticker(const std::chrono::duration<Rep, Period>& period,
                        site where = site::current())
      : detail::tick_source<R>{"ticker", detail::deadline_after(R::now(), period),
                               checked(period, this, where)} {}

  // As if it were made now. Contract: the period is positive.
  template <class Rep, class Period>
  bool reset(const std::chrono::duration<Rep, Period>& period, site where = site::current()) {
    const duration step = checked(period, this, where);
    return this->set("reset", detail::deadline_after(R::now(), step), step, where);
  }

 private:
  template <class Rep, class Period>
  static duration checked(const std::chrono::duration<Rep, Period>& period, const void* self,
                          site where) {
    const duration step = detail::to_nanoseconds(period);
    detail::expects(step > duration::zero(), "the period of a ticker is not positive", self, where);
    return step;
  }
};

using timer = basic_timer<any_runtime>;
using ticker = basic_ticker<any_runtime>;
namespace threads {
using timer = basic_timer<threads_runtime>;
using ticker = basic_ticker<threads_runtime>;
}  // namespace threads

// A timer for where it is received at once: on_recv(after(50ms), f).
template <class R = any_runtime, class Rep, class Period>
[[nodiscard]] basic_timer<R> after(const std::chrono::duration<Rep, Period>& d) noexcept {
  return basic_timer<R>{d};
}

// A receive from a timer or a ticker, which may be a temporary in the call of select. f(time_point),
// f(outcome<time_point>), or none.
template <class R, class F = detail::no_handler>
[[nodiscard]] auto on_recv(detail::tick_source<R>& from, F f = {}, site where = site::current()) {
  return detail::tick_case<R, F>{from, std::move(f), where};
}
template <class R, class F = detail::no_handler>
[[nodiscard]] auto on_recv(detail::tick_source<R>&& from, F f = {}, site where = site::current()) {
  return detail::tick_case<R, F>{from, std::move(f), where};
}

}  // namespace lockstep::inline LOCKSTEP_ABI
