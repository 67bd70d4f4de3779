// log.hpp: values in the order in which they came, all of which are kept, by name. One of the objects
// that a backend has.
#pragma once

#include <cstdint>
#include <memory>

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

// Entries have sequence numbers, from 1. Any thread.
class log {
 public:
  log() = default;
  log(const log&) = delete;
  log& operator=(const log&) = delete;

  // Appends an entry and returns its number. mismatch: the log holds entries of another type.
  virtual outcome<std::uint64_t> append(payload entry) = 0;
  // The entry of this number; would_block: it is not there yet; mismatch: it is of another type.
  virtual outcome<payload> read(std::uint64_t seq, const detail::type_tag& type) = 0;
  // Number of the newest entry; 0 before the first.
  virtual std::uint64_t last() = 0;
  // Registers the alarm, to ring when there is an entry of this number; true: there is, and the alarm
  // was not registered.
  virtual bool arm(std::uint64_t seq, detail::alarm& a) = 0;
  virtual void disarm(detail::alarm& a) = 0;

 protected:
  ~log() = default;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
