// counter.hpp: a number that only grows, by name. One of the objects that a backend has.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "../detail/alarm.hpp"
#include "../detail/config.hpp"
#include "../outcome.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Who takes part: position in the run, counted from 0. Clients outside of a run have none.
using participant = std::uint64_t;
inline constexpr participant nobody = ~participant{0};

// How far a counter got, for messages to people.
struct progress {
  std::uint64_t count = 0;
  std::vector<participant> signalled;  // in no order; those that are known
  std::vector<participant> waiting;
};

// Any thread.
class counter {
 public:
  counter() = default;
  counter(const counter&) = delete;
  counter& operator=(const counter&) = delete;

  // Adds so much in the name of `who`, and returns the count after it. unsupported: it would not fit into
  // 63 bits.
  virtual outcome<std::uint64_t> add(std::uint64_t delta, participant who) = 0;
  virtual std::uint64_t get() = 0;
  // Registers the alarm, to ring when the count is at least `at_least`; true: it already is, and the
  // alarm was not registered.
  virtual bool arm(std::uint64_t at_least, participant who, detail::alarm& a) = 0;
  virtual void disarm(detail::alarm& a) = 0;
  virtual coord::progress progress() = 0;
  // Another number whenever progress() may tell something else.
  virtual std::uint64_t revision() = 0;
  // No other counter of this process has it, or had.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

 protected:
  ~counter() = default;

 private:
  static inline constinit std::atomic<std::uint64_t> ids{0};
  const std::uint64_t id_ = ids.fetch_add(1, std::memory_order_relaxed) + 1;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
