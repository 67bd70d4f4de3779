// sim_observer.hpp: what happens in a simulation, told to one who draws or explores it.
#pragma once

#include "../../detail/config.hpp"
#include "../task.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct sim_task;

// Called by the simulation as it goes. Must not use what simulated tasks wait for.
class sim_observer {
 public:
  virtual void started(const sim_task& t) noexcept = 0;  // can run from now on
  virtual void runs(const sim_task& t) noexcept = 0;     // gets its turn
  virtual void comes_to(const sim_task& t, const visible_op& op) noexcept = 0;  // is about to
  virtual void blocks(const sim_task& t) noexcept = 0;  // in what it came to last
  virtual void woken(const sim_task& t, const sim_task* by) noexcept = 0;  // null: by the clock
  virtual void ended(const sim_task& t) noexcept = 0;

 protected:
  ~sim_observer() = default;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
