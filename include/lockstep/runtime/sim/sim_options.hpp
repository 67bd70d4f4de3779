// sim_options.hpp: what a simulation is asked for, and how it may come to rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../detail/config.hpp"
#include "sim_observer.hpp"

namespace lockstep::inline LOCKSTEP_ABI::sim {

struct options {
  std::uint64_t seed = 0;
  std::size_t stack_bytes = std::size_t{16} << 10U;  // of each task; whole pages
  std::uint64_t most_steps = ~std::uint64_t{0};
  // In a row, in which no task blocks, is woken, starts or ends: then they only spin. (And a few turns more
  // for each task that there is.)
  std::uint64_t most_idle_steps = 1'000'000;
  std::vector<std::uint64_t>* record = nullptr;         // gets an entry for each step
  const std::vector<std::uint64_t>* compare = nullptr;  // a record that this run has to repeat
  lockstep::detail::sim_observer* observer = nullptr;
};

// How a simulation came to rest.
enum class verdict {
  passed,     // all tasks have ended
  stuck,      // tasks wait for what cannot come
  spinning,   // tasks keep looking for what cannot come, without waiting for it
  steps,      // it took as many steps as it may
  time,       // it took as much real time as it may
  no_memory,  // there was none for another stack
  diverged,   // it went another way than the run that it was compared with
};

}  // namespace lockstep::inline LOCKSTEP_ABI::sim
