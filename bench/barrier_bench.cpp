// Rounds of one reusable barrier; the plain alternative is std::barrier.
#include <benchmark/benchmark.h>

#include <atomic>
#include <barrier>
#include <lockstep/barrier.hpp>

#include "support/crew.hpp"

namespace {

template <class Barrier>
void rounds(benchmark::State& state) {
  const int parties = static_cast<int>(state.range(0));
  const long each = 8192 / parties;
  Barrier b{parties};
  long count = 0;  // raised by the parties in turn
  bench::crew crew{parties, [&](int self) {
                     for (long i = 0; i < each; ++i) {
                       if (i % parties == self) ++count;
                       b.arrive_and_wait();
                     }
                   }};
  for (auto _ : state) crew.round();
  bench::report(state, each, count == state.iterations() * each);
}

void rows(benchmark::internal::Benchmark* b) {
  b->ArgName("threads")->Arg(2)->Arg(8)->Arg(64)->UseRealTime();
}

BENCHMARK_TEMPLATE(rounds, lockstep::threads::barrier)->Apply(rows);
BENCHMARK_TEMPLATE(rounds, lockstep::barrier)->Apply(rows);
BENCHMARK_TEMPLATE(rounds, std::barrier<>)->Apply(rows);

}  // namespace
