// The main function of programs whose suites run on every runtime: with --tasks=threads, the default,
// all tests but those for fibers, on the main thread; with --tasks=fibers:N, in a fiber of a pool of N
// workers, with --tasks=boost_fibers, in a fiber of Boost, and with --tasks=sim:SEED, in a simulated
// task, what is for these, and what is on `any`.

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <lockstep/runtime/boost_fibers.hpp>
#include <lockstep/runtime/fibers.hpp>
#include <lockstep/runtime/sim.hpp>
#include <string>

namespace {

// Adds what --gtest_filter asked for; by default everything.
void only(const std::string& tests) {
  const std::string asked = GTEST_FLAG_GET(filter);
  if (asked == "*") GTEST_FLAG_SET(filter, tests);
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const std::string tasks = argc > 1 ? argv[1] : "--tasks=threads";
  if (tasks == "--tasks=threads") {
    only("-*/fibers.*");
    return RUN_ALL_TESTS();
  }
  unsigned workers = 0;
  if (std::sscanf(tasks.c_str(), "--tasks=fibers:%u", &workers) == 1) {
    // (A fiber that ends the process keeps its worker from running the tasks that outlive main.)
    only("*/fibers.*:*_suite/any.*:lifetime_test/any.*-lifetime_test/*statics*");
    lockstep::fibers::pool pool{{.workers = workers, .stack_bytes = std::size_t{256} << 10U}};
    return pool.run([] { return RUN_ALL_TESTS(); });
  }
  if (tasks == "--tasks=boost_fibers") {
    only("*_suite/any.*");
    const auto here = lockstep::boost_fibers::attach();
    return RUN_ALL_TESTS();
  }
  std::uint64_t seed = 0;
  if (std::sscanf(tasks.c_str(), "--tasks=sim:%" SCNu64, &seed) == 1) {
    only("*_suite/any.*");
    return lockstep::sim::run([] { return RUN_ALL_TESTS(); },
                              {.seed = seed, .stack_bytes = std::size_t{256} << 10U});
  }
  std::fprintf(stderr, "%s: not known\n", tasks.c_str());
  return 2;
}
