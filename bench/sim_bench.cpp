// What a step of the simulator costs: an operation of a task, before which another is drawn and
// switched to; beside the bare switch of stacks that it stands on.
#include <benchmark/benchmark.h>

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <cstdint>
#include <lockstep/go.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/runtime/sim.hpp>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t rounds = 1'000;

// Tasks that do nothing but ask a latch whether it is open.
void step(benchmark::State& state) {
  const auto tasks = state.range(0);
  std::int64_t steps = 0;
  for (auto _ : state) {
    state.PauseTiming();
    lockstep::latch never{1};
    lockstep::sim::world world{{.seed = 1}};
    for (std::int64_t i = 0; i < tasks; ++i) {
      world.go([&] {
        for (std::int64_t k = 0; k < rounds; ++k) benchmark::DoNotOptimize(never.try_wait());
      });
    }
    state.ResumeTiming();
    steps += static_cast<std::int64_t>(world.run().steps);
  }
  state.SetItemsProcessed(steps);
}
BENCHMARK(step)->Name("sim.step/sim")->Arg(4)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

// The same number of stacks, switched to in turn by the one that made them: two switches a step.
void bare(benchmark::State& state) {
  const auto stacks = static_cast<std::size_t>(state.range(0));
  using boost::context::fiber;
  std::vector<fiber> fibers;
  bool over = false;
  for (std::size_t i = 0; i < stacks; ++i) {
    fibers.emplace_back([&over](fiber&& back) {
      while (!over) back = std::move(back).resume();
      return std::move(back);
    });
  }
  for (auto _ : state) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      for (fiber& f : fibers) f = std::move(f).resume();
    }
  }
  over = true;
  for (fiber& f : fibers) f = std::move(f).resume();
  state.SetItemsProcessed(state.iterations() * rounds * static_cast<std::int64_t>(stacks));
}
BENCHMARK(bare)
    ->Name("sim.step/boost_context")
    ->Arg(4)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
