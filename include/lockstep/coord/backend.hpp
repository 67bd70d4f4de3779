// backend.hpp: what a coordination engine offers to the sync client.
//
// Four kinds of named objects: a counter, which only grows; a log, which keeps every entry; a cell, which
// holds one value; a roster, of those who are in and those who wait to be. Each is mutated in one step that tells the position reached, and arm(...)
// is the only way to wait: it registers an alarm that rings once a position is reached, or says that it
// already is, so that there is no gap between looking and waiting.
//
// An alarm rings once; it is disarmed before, and not touched afterwards. A backend may lose or delay the
// ring, or ring for nothing; who is woken looks again. When the session ends, all alarms ring.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "../context.hpp"
#include "../detail/config.hpp"
#include "cell.hpp"
#include "counter.hpp"
#include "log.hpp"
#include "roster.hpp"
#include "session.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Any thread.
class backend {
 public:
  backend() = default;
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;
  virtual ~backend() = default;

  // The object of this name, which is made when first asked for, and lives as long as the backend.
  // Names are full, scoped and checked by the client.
  virtual counter& counter_named(const std::string& name) = 0;
  virtual log& log_named(const std::string& name) = 0;
  virtual cell& cell_named(const std::string& name) = 0;
  // All who name it give the same rule.
  virtual roster& roster_named(const std::string& name, const roster_rule& rule) = 0;

  // Another session, which is closed when it is destroyed. The backend outlives it.
  virtual std::unique_ptr<session> open_session() = 0;

  // Ended when all sessions are, as the run is over, say; waits then fail with session_lost.
  [[nodiscard]] virtual context lost() const = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
