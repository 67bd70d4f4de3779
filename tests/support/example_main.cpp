// What an example linked with --wrap=main begins with: runs its main function in a fiber of a pool of N
// workers (--tasks=fibers:N) or in a simulated task (--tasks=sim:SEED).

#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <lockstep/runtime/fibers.hpp>
#include <lockstep/runtime/sim.hpp>

extern "C" int __real_main();

extern "C" int __wrap_main(int argc, char** argv) {
  constexpr std::size_t stack = std::size_t{64} << 10U;
  const char* const tasks = argc > 1 ? argv[1] : "";
  unsigned workers = 0;
  std::uint64_t seed = 0;
  if (std::sscanf(tasks, "--tasks=fibers:%u", &workers) == 1) {
    return lockstep::fibers::run([] { return __real_main(); },
                                 {.workers = workers, .stack_bytes = stack});
  }
  if (std::sscanf(tasks, "--tasks=sim:%" SCNu64, &seed) == 1) {
    return lockstep::sim::run([] { return __real_main(); }, {.seed = seed, .stack_bytes = stack});
  }
  std::fprintf(stderr, "'%s' is not known\n", tasks);
  return 2;
}
