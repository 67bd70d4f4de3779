// sim_task.hpp: a simulated task.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "../../detail/bag.hpp"
#include "../../detail/config.hpp"
#include "../stack/switch.hpp"
#include "../task.hpp"
#include "../timer_heap.hpp"
#include "sim_stacks.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class sim_clock;
class simulation;

// Known from its start, before it has a stack, to its end.
struct alignas(64) sim_task : heap_timer {
  task_closure* code = nullptr;
  simulation* home = nullptr;
  sim_stack* on = nullptr;                           // null before it first runs
  const sim_clock* clock = nullptr;                  // null: it knows true time
  std::atomic<std::uintptr_t>* waits_for = nullptr;  // the word of its parker, while it is blocked
  std::size_t place = no_place;                      // among the tasks that have not ended
  // What each of its steps touches, side by side.
  std::uint64_t number = 0;  // in the order of their starts, from 1
  stack_slab* slab = nullptr;
  visible_op next_op;  // announced last: done, or to be done next
  flow left;           // where its stack was left; nowhere before it first runs
  unsigned shields = 0;
  unsigned refusals = 0;  // to end, although it is given up
};

using sim_task_bag = bag<sim_task>;

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
