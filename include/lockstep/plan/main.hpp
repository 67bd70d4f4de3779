// main.hpp: a main function for plans.
//
//   int main(int argc, char** argv) {
//     return lockstep::plan_main(argc, argv, {{"ready-set-go", ready_set_go}});
//   }
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../detail/config.hpp"
#include "../error.hpp"
#include "parameter.hpp"
#include "run_env.hpp"
#include "runner.hpp"

// Defined by the CMake target lockstep::plan, which links what there is.
#if LOCKSTEP_HAS_FIBERS
#include "../runtime/fibers.hpp"
#endif
#if LOCKSTEP_HAS_SIM
#include "../runtime/sim.hpp"
#include "sim_host.hpp"
#endif

namespace lockstep::inline LOCKSTEP_ABI {

// A plan and the name to call it by.
struct plan_case {
  std::string name;
  plan_function body;
};

namespace plan {

inline constexpr std::uint64_t most_instances = 10'000'000;

// A mistake on the command line.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline std::string names_of(const std::vector<plan_case>& cases) {
  std::string names;
  for (const plan_case& c : cases) names += (names.empty() ? "" : ", ") + c.name;
  return names;
}

inline const plan_case& find_case(const std::vector<plan_case>& cases, const std::string& name) {
  if (name.empty() && cases.size() == 1) return cases.front();
  for (const plan_case& c : cases) {
    if (c.name == name) return c;
  }
  throw usage_error{(name.empty() ? "--case is required" : "--case: there is no '" + name + "'") +
                    " (cases: " + names_of(cases) + ")"};
}

inline std::map<std::string, std::string> parse_parameters(const std::vector<std::string>& given) {
  std::map<std::string, std::string> parameters;
  for (const std::string& text : given) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw usage_error{"--param: '" + text + "' is not of the form name=value"};
    }
    parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return parameters;
}

inline int main(int argc, char** argv, const std::vector<plan_case>& cases) {
  run_options options;
  std::string timeout = "10min";
  std::string instances = "1";
  std::string clock_offset = "0s";
  std::vector<std::string> parameters;
  bool list = false;

  CLI::App app{"Runs a plan as a number of instances that meet over a backend."};
  app.add_option("--case", options.test_case, "Which plan to run (" + names_of(cases) + ")");
  app.add_option("--instances", instances, "How many instances")->capture_default_str();
  app.add_option("--param", parameters, "A parameter, name=value; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--runtime", options.runtime,
                 "What instances run on (" + detail::runtime_names() + ")")
      ->capture_default_str();
  app.add_option("--backend", options.backend, "How they meet: local: or local:NAME")
      ->capture_default_str();
  app.add_option("--timeout", timeout, "When to give up, such as 30s")->capture_default_str();
  app.add_option("--collect", options.collect, "Directory to collect the instances' output in");
  app.add_option("--seed", options.seed,
                 "What random choices begin with; a simulation is its seed");
  app.add_flag("--check", options.check, "Simulate twice, and compare every step");
  app.add_option("--trace", options.trace,
                 "Where to show what a simulation did: FILE.json or .svg");
  app.add_option("--report", options.report,
                 "Where to say as JSON what tasks wait for, should they not end");
  app.add_flag("--stacks", options.stacks, "Reports show the stacks of blocked tasks");
  app.add_option("--clock-offset", clock_offset,
                 "By how much the dates of simulated instances' clocks may differ from true time")
      ->capture_default_str();
  app.add_option("--clock-drift", options.clock_drift_ppm,
                 "By how many parts in a million these clocks may go too fast or too slow")
      ->check(CLI::Range(0, 999'999));
  app.add_option("--stack", options.stack_bytes, "Bytes of an instance's stack");
  app.add_option("--max-steps", options.most_steps, "When to give up a simulation");
  app.add_flag("--list", list, "List the plans and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }

  try {
    if (list) {
      for (const plan_case& c : cases) std::printf("%s\n", c.name.c_str());
      return 0;
    }
    const plan_case& chosen = find_case(cases, options.test_case);
    options.test_case = chosen.name;
    options.body = chosen.body;
    options.parameters = parse_parameters(parameters);
    if (detail::runtime_named(options.runtime) == nullptr) {
      throw usage_error{"--runtime: '" + options.runtime +
                        "' is not built in (built in: " + detail::runtime_names() + ")"};
    }
    const auto offset = parse_duration(clock_offset);
    if (!offset || *offset > std::chrono::hours{24 * 365}) {
      throw usage_error{"--clock-offset: '" + clock_offset +
                        "' is not a duration such as 500us, 20ms, 1s, of a year at most"};
    }
    options.clock_offset = *offset;
    if (options.runtime != "sim" && (options.check || !options.trace.empty() ||
                                     offset->count() != 0 || options.clock_drift_ppm != 0)) {
      throw usage_error{
          "--check, --trace, --clock-offset, --clock-drift: only a simulation can be repeated and "
          "drawn, and has clocks of its own: --runtime sim"};
    }
    const auto count = parse_number<std::uint64_t>(instances);
    if (!count || *count < 1 || *count > most_instances) {
      throw usage_error{"--instances: '" + instances + "' is not a number from 1 to " +
                        std::to_string(most_instances)};
    }
    options.instances = *count;
    const auto limit = parse_duration(timeout);
    if (!limit || limit->count() == 0) {
      throw usage_error{"--timeout: '" + timeout + "' is not a duration such as 500ms, 30s, 10min"};
    }
    options.timeout = *limit;
    return runner::run(std::move(options));
  } catch (const usage_error& e) {
    std::fprintf(stderr, "%s\n", e.what());
  } catch (const error& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
  return 2;
}

}  // namespace plan

// Runs one of the plans as the command line says (--help lists the flags) and returns the exit
// status: 0 if every instance succeeded, 1 if not, 2 if the command line cannot be carried out. A
// run in which nothing can move any more ends at once, with a report of who waits for what.
inline int plan_main(int argc, char** argv, std::initializer_list<plan_case> cases) {
  return plan::main(argc, argv, std::vector<plan_case>(cases));
}

}  // namespace lockstep::inline LOCKSTEP_ABI
