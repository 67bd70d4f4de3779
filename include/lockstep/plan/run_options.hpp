// run_options.hpp: a plan, and what its run is asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../clock.hpp"
#include "../coord/client.hpp"
#include "../detail/config.hpp"
#include "run_env.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// A plan: what every instance does. Returning is success; an exception is failure.
using plan_function = std::function<void(run_env&, client&)>;

namespace plan {

struct run_options {
  std::string test_case;
  plan_function body;
  std::uint64_t instances = 1;
  std::map<std::string, std::string> parameters;
  std::string runtime = "threads";  // one that there is
  std::string backend = "local:";
  duration timeout = std::chrono::minutes{10};
  std::string collect;
  std::optional<std::uint64_t> seed;  // else another in each run, but 0 in the simulator
  std::size_t stack_bytes = 0;        // of an instance; 0: what the runtime has for plans
  std::uint64_t most_steps = 0;       // of a simulation; 0: no limit
  bool check = false;                 // that a simulation does the same again
  std::string trace;                  // file to draw a simulation in
  std::string report;                 // file for what the tasks that are left wait for, as JSON
  bool stacks = false;                // in reports
  duration clock_offset{};            // of simulated instances' clocks, at most
  std::int64_t clock_drift_ppm = 0;   // likewise
  // Of runs that are compared.
  bool silent = false;
  std::vector<std::uint64_t>* record = nullptr;
  const std::vector<std::uint64_t>* compare = nullptr;
};

}  // namespace plan
}  // namespace lockstep::inline LOCKSTEP_ABI
