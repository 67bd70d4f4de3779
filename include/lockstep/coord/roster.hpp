// roster.hpp: who is in, and who waits to be, in the order in which they came, by name. One of the objects
// that a backend has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "../detail/alarm.hpp"
#include "../detail/config.hpp"
#include "../outcome.hpp"
#include "counter.hpp"
#include "log.hpp"
#include "session.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Who is let in. Either a ticket is as soon as all before it are and there is room: an exclusive one when
// it is the first; else when no exclusive one is before it, and the weights up to its own come to no more
// than the permits. Or the first `gather` are let in together once so many wait, and the next when all of
// these have left. Either way those who are in are the first of the order: none is overtaken.
struct roster_rule {
  std::uint64_t permits = 0;
  std::uint64_t gather = 0;  // 0: no such rounds
  bool breaks = false;       // if one that waits for a round is taken out, so are all
};

// What is asked for.
struct terms {
  bool exclusive = true;     // while it is in, nobody else is
  std::uint64_t weight = 0;  // how many of the roster's permits it takes
};

// One request. The number is greater than that of all before it, of every roster and cell of the backend:
// a fencing token.
struct ticket {
  std::uint64_t number = 0;  // 0: none
  std::size_t place = 0;     // for the use of the backend
};

// How far a ticket has got.
struct standing {
  enum class where : unsigned char { waits, is_in, broken } is = where::waits;
  std::uint64_t round = 0;  // that it was gathered for, from 1
  std::uint64_t rank = 0;   // among those of the round, from 0
};

// Those of a roster, at one moment.
struct roster_view {
  struct member {
    std::uint64_t number;
    participant who;
    bool admitted;
    payload value;
  };
  std::vector<member> members;  // in order of arrival
  std::uint64_t revision = 0;   // greater whenever they are others, or say something else
};

// The same in short.
struct roster_summary {
  static constexpr std::size_t most_named = 4;
  std::uint64_t in = 0;
  std::uint64_t waiting = 0;
  participant first[most_named] = {};  // of those who are in
};

// Any thread.
class roster {
 public:
  roster() = default;
  roster(const roster&) = delete;
  roster& operator=(const roster&) = delete;

  struct joined {
    coord::ticket ticket;
    bool admitted;
  };
  // Puts a new ticket at the end, with a value for others to see (or null); it goes when the session does.
  // session_lost: that has gone already. would_block: it was to be let in at once, and cannot be.
  virtual outcome<joined> join(session& of, participant who, const terms& t, payload value,
                               bool at_once) = 0;
  // Takes it out; later calls do nothing. Who can be let in then is.
  virtual void leave(ticket t) noexcept = 0;
  // Takes it out if it is not in; else returns false.
  virtual bool withdraw(ticket t) noexcept = 0;
  // Other terms for one that is in, which keeps its place; false: it is not, or they are wider.
  virtual bool narrow(ticket t, terms to) noexcept = 0;
  // Another value; false: it has gone.
  virtual bool replace(ticket t, payload value) = 0;
  // None: it has gone.
  virtual std::optional<standing> standing_of(ticket t) = 0;
  // Registers the alarm, to ring when the ticket does not wait any more; true: it does not, and the alarm
  // was not registered. One at a time. A ticket that has gone waits for ever.
  virtual bool arm(ticket t, detail::alarm& a) = 0;
  virtual void disarm(ticket t, detail::alarm& a) noexcept = 0;

  // Those who are in, and wait.
  virtual roster_view view() = 0;
  virtual roster_summary summary() = 0;
  // As arm(): that the revision is greater than this.
  virtual bool arm_change(std::uint64_t revision, detail::alarm& a) = 0;
  virtual void disarm_change(detail::alarm& a) noexcept = 0;
  // As arm(): that all of this round have left.
  virtual bool arm_end(std::uint64_t round, detail::alarm& a) = 0;
  virtual void disarm_end(detail::alarm& a) noexcept = 0;
  // How many of the round's were lost with their sessions.
  virtual std::uint64_t lost_of(std::uint64_t round) = 0;

 protected:
  ~roster() = default;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
