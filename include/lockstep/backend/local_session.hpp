// local_session.hpp: the life of a client in the same process, which tests may end.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "../clock.hpp"
#include "../context.hpp"
#include "../coord/session.hpp"
#include "../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Ends when somebody closes or kills it, or its world ends.
class local_session final : public session {
 public:
  // `leave` takes its tickets out of all rosters.
  local_session(const context& world, std::function<void(local_session&)> leave)
      : end_{world}, leave_{std::move(leave)} {}
  ~local_session() override { end(session_state::closed); }

  [[nodiscard]] session_state state() const noexcept override {
    // Acquire: pairs with end(). (Its context ends right after.)
    const session_state s = state_.load(std::memory_order_acquire);
    return s == session_state::connected && end_.context().done() ? session_state::lost : s;
  }
  [[nodiscard]] time_point valid_until() const noexcept override { return never; }
  [[nodiscard]] context lost() const override { return end_.context(); }
  void close() noexcept override { end(session_state::closed); }
  // As if its client had died.
  void kill() noexcept { end(session_state::lost); }

 private:
  void end(session_state how) noexcept {
    session_state alive = session_state::connected;
    // A roster whose lock is taken later sees it; leave_ empties those that saw it alive.
    if (!state_.compare_exchange_strong(alive, how, std::memory_order_acq_rel)) return;
    end_.cancel();
    leave_(*this);
  }

  std::atomic<session_state> state_{session_state::connected};
  cancel_scope end_;
  std::function<void(local_session&)> leave_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
