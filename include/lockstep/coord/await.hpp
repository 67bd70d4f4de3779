// await.hpp: the one body of every wait for something that a backend wakes.
#pragma once

#include "../context.hpp"
#include "../detail/alarm.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../detail/wait_node.hpp"
#include "../runtime/any.hpp"
#include "../status.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Waits until arm(alarm) says that what it waits for is there, whatever rings in between; as all alarms
// do when the session ends. Outcomes: ok, would_block, timeout, cancelled, and session_lost: `lost` has
// ended, or `end`.
template <class Arm, class Disarm>
status await(const detail::limit& lim, const context& lost, const context& end,
             const detail::visible_op& what, Arm arm, Disarm disarm) {
  constexpr int rang = 0;
  constexpr int ended = 1;
  detail::checkpoint<any_runtime>([&] { return what; });
  for (status s = lim.before();;) {
    if (s != status::ok) return s;
    detail::waiter<any_runtime> op;
    detail::waiter_alarm<any_runtime> bell{op, rang};
    if (arm(bell)) return status::ok;
    detail::cancel_registration<any_runtime> at_end{op, detail::limit::of(end).ctx, ended};
    detail::cancel_registration<any_runtime> at_cancel{op, lim.ctx, detail::fired_cancelled};
    detail::observation<any_runtime> seen;
    const auto finish = [&] {
      at_cancel.disarm();
      at_end.disarm();
      seen.finish();
    };
    // What ends the wait before it begins has to win the claim, too.
    int fired = lost.done() || !at_end.arm() ? ended
                : !at_cancel.arm()           ? detail::fired_cancelled
                : lim.poll                   ? detail::fired_timeout
                                             : rang;
    if (fired == rang) {
      seen.begin(op, what, lim.deadline == never);
      seen.locate();
      fired = op.wait(lim.deadline, [&] {
        disarm(bell);
        finish();
      });
    } else if (!op.claim(fired)) {
      fired = op.wait_firmly();
    }
    if (fired != rang) disarm(bell);  // else it was, when it rang
    finish();
    switch (fired) {
      case rang: break;  // look again
      case ended: s = status::session_lost; break;
      case detail::fired_cancelled: s = lim.ctx->now_status(); break;
      default: s = lim.poll ? status::would_block : status::timeout;
    }
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
