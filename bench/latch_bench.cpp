// Gates that open once; the plain alternative is std::latch.
#include <benchmark/benchmark.h>

#include <deque>
#include <latch>
#include <lockstep/latch.hpp>

#include "support/crew.hpp"
#include "support/gates.hpp"

namespace {

// A latch's whole life: constructed, opened, waited for, destroyed.
template <class Latch>
void solo(benchmark::State& state) {
  const bench::idle_thread other;
  for (auto _ : state) {
    Latch l{1};
    l.count_down();
    l.wait();
  }
  bench::report(state, 1, true);
}

// An operation is a meeting of all threads.
template <class Latch>
void fan(benchmark::State& state) {
  const int workers = static_cast<int>(state.range(0)) - 1;
  constexpr std::size_t meetings = 256;
  std::deque<Latch> arrivals;
  std::deque<Latch> decisions;
  long visits = 0;
  bench::crew crew{workers + 1, [&](int self) {
                     bench::meet(self, workers, arrivals, decisions, meetings, visits,
                                 [](Latch& l) { l.count_down(); });
                   }};
  for (auto _ : state) {
    arrivals.clear();
    decisions.clear();
    for (std::size_t i = 0; i < meetings; ++i) {
      arrivals.emplace_back(workers);
      decisions.emplace_back(1);
    }
    crew.round();
  }
  bench::report(state, meetings, visits == state.iterations() * static_cast<long>(meetings));
}

void rows(benchmark::internal::Benchmark* b) { b->ArgName("threads")->Arg(9)->UseRealTime(); }

BENCHMARK_TEMPLATE(solo, lockstep::threads::latch)->UseRealTime();
BENCHMARK_TEMPLATE(solo, lockstep::latch)->UseRealTime();
BENCHMARK_TEMPLATE(solo, std::latch)->UseRealTime();
BENCHMARK_TEMPLATE(fan, lockstep::threads::latch)->Apply(rows);
BENCHMARK_TEMPLATE(fan, lockstep::latch)->Apply(rows);
BENCHMARK_TEMPLATE(fan, std::latch)->Apply(rows);

}  // namespace
