// status.hpp: how an operation ended, in one vocabulary for every layer.
#pragma once

#include "detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// The outcome of an operation that may end in more ways than success. In-process operations use
// the first six; the rest come from coordination backends.
enum class status : unsigned char {
  ok,               // it happened
  closed,           // the channel, topic or subscription is closed (and drained)
  timeout,          // the deadline, its own or its context's, came first
  cancelled,        // the context was cancelled first
  would_block,      // a try_ form could not proceed at once
  broken,           // a barrier of which a party gave up
  gap,              // values that a subscriber had not read yet were trimmed
  session_lost,     // the session under the operation ended
  suspended,        // the backend is out of reach; the session may still be alive
  conflict,         // a conditional write met another version
  stale_token,      // a fenced write met a newer token
  mismatch,         // a name is used with two types or two parameters
  too_many,         // more parties than a barrier has room for
  unsupported,      // the backend cannot keep this promise
  outcome_unknown,  // the command may or may not have been carried out
  unavailable,      // the backend could not be reached at all
};

// The enumerator's name, in static storage.
[[nodiscard]] constexpr const char* to_string(status s) noexcept {
  switch (s) {
    case status::ok: return "ok";
    case status::closed: return "closed";
    case status::timeout: return "timeout";
    case status::cancelled: return "cancelled";
    case status::would_block: return "would block";
    case status::broken: return "broken";
    case status::gap: return "gap";
    case status::session_lost: return "session lost";
    case status::suspended: return "suspended";
    case status::conflict: return "conflict";
    case status::stale_token: return "stale token";
    case status::mismatch: return "mismatch";
    case status::too_many: return "too many";
    case status::unsupported: return "unsupported";
    case status::outcome_unknown: return "outcome unknown";
    case status::unavailable: return "unavailable";
  }
  return "not a status";
}

}  // namespace lockstep::inline LOCKSTEP_ABI
