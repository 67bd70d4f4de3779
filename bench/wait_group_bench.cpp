// Waiting for others to be done; the plain alternative is a mutex and a condition variable.
#include <benchmark/benchmark.h>

#include <array>
#include <lockstep/wait_group.hpp>

#include "support/crew.hpp"
#include "support/gates.hpp"
#include "support/plain.hpp"

namespace {

template <class Group>
void solo(benchmark::State& state) {
  const bench::idle_thread other;
  Group g;
  for (auto _ : state) {
    g.add();
    g.done();
    g.wait();
  }
  bench::report(state, 1, true);
}

// An operation is a meeting of all threads.
template <class Group>
void fan(benchmark::State& state) {
  const int workers = static_cast<int>(state.range(0)) - 1;
  constexpr std::size_t meetings = 256;
  std::array<Group, meetings> arrivals;
  std::array<Group, meetings> decisions;
  long visits = 0;
  bench::crew crew{workers + 1, [&](int self) {
                     bench::meet(self, workers, arrivals, decisions, meetings, visits,
                                 [](Group& g) { g.done(); });
                   }};
  for (auto _ : state) {
    for (Group& g : arrivals) g.add(workers);
    for (Group& g : decisions) g.add(1);
    crew.round();
  }
  bench::report(state, meetings, visits == state.iterations() * static_cast<long>(meetings));
}

void rows(benchmark::internal::Benchmark* b) { b->ArgName("threads")->Arg(9)->UseRealTime(); }

BENCHMARK_TEMPLATE(solo, lockstep::threads::wait_group)->UseRealTime();
BENCHMARK_TEMPLATE(solo, lockstep::wait_group)->UseRealTime();
BENCHMARK_TEMPLATE(solo, plain::wait_group)->UseRealTime();
BENCHMARK_TEMPLATE(fan, lockstep::threads::wait_group)->Apply(rows);
BENCHMARK_TEMPLATE(fan, lockstep::wait_group)->Apply(rows);
BENCHMARK_TEMPLATE(fan, plain::wait_group)->Apply(rows);

}  // namespace
