// backend.hpp: what a coordination engine offers to the sync client.
//
// Two kinds of named objects so far: a counter, which only grows, and a log, which keeps every
// entry. Both are mutated in one step that tells the position reached, and arm(...) is the only way
// to wait: it registers an alarm that rings once a position is reached, or says that it already is,
// so that there is no gap between looking and waiting.
//
// A backend may lose, repeat or delay the ring of an alarm; who is woken looks again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../context.hpp"
#include "../detail/alarm.hpp"
#include "../detail/config.hpp"
#include "../detail/type_tag.hpp"
#include "../outcome.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A value on its way through a log, and what type it is of. Immutable, shared by its readers.
struct payload {
  std::shared_ptr<const void> value;
  const detail::type_tag* type = nullptr;
};

// Who takes part: position in the run, counted from 0. Clients outside of a run have none.
using participant = std::uint64_t;
inline constexpr participant nobody = ~participant{0};

// How far a counter got, for messages to people.
struct progress {
  std::uint64_t count = 0;
  std::vector<participant> signalled;  // in no order; those that are known
  std::vector<participant> waiting;
};

// Names are full, scoped and checked by the client. Calls may come from any task.
class backend {
 public:
  backend() = default;
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;
  virtual ~backend() = default;

  // Adds one and returns the count after it.
  virtual outcome<std::uint64_t> counter_add(const std::string& name, participant who) = 0;
  virtual std::uint64_t counter_get(const std::string& name) = 0;
  // Registers the alarm, to ring when the count is at least `at_least`; true: it already is, and
  // the alarm was not registered.
  virtual bool counter_arm(const std::string& name, std::uint64_t at_least, participant who,
                           detail::alarm& a) = 0;
  virtual void counter_disarm(const std::string& name, detail::alarm& a) = 0;
  virtual progress counter_progress(const std::string& name) = 0;

  // Appends an entry and returns its sequence number, from 1. mismatch: the log holds entries of
  // another type.
  virtual outcome<std::uint64_t> log_append(const std::string& name, payload entry) = 0;
  // The entry numbered seq; would_block: it is not there yet; mismatch: it is of another type.
  virtual outcome<payload> log_read(const std::string& name, std::uint64_t seq,
                                    const detail::type_tag& type) = 0;
  // Sequence number of the newest entry; 0 before the first.
  virtual std::uint64_t log_last(const std::string& name) = 0;
  // As counter_arm, for "an entry numbered seq exists".
  virtual bool log_arm(const std::string& name, std::uint64_t seq, detail::alarm& a) = 0;
  virtual void log_disarm(const std::string& name, detail::alarm& a) = 0;

  // Ended when the client's session with the engine is; its waits then fail with session_lost.
  [[nodiscard]] virtual context lost() const = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
