// session.hpp: a client's life at a backend. What it has entered lasts as long as it does, at most.
#pragma once

#include "../clock.hpp"
#include "../context.hpp"
#include "../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

enum class session_state : unsigned char { connected, suspended, lost, closed };

// Any thread. Never comes back: who has lost one goes on with another.
class session {
 public:
  session() = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  virtual ~session() = default;

  [[nodiscard]] virtual session_state state() const noexcept = 0;
  [[nodiscard]] bool is_over() const noexcept {
    const session_state s = state();
    return s == session_state::lost || s == session_state::closed;
  }
  // Until then, by this process's clock, what it owns is its own, even if no more is heard; `never`
  // where there is no such doubt.
  [[nodiscard]] virtual time_point valid_until() const noexcept = 0;
  // Ended once the session is lost or closed.
  [[nodiscard]] virtual context lost() const = 0;
  // Takes its tickets back from wherever they are. Later calls do nothing.
  virtual void close() noexcept = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
