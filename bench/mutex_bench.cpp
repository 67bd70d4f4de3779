// Lock, add one, unlock; the plain alternative is std::mutex.
#include <benchmark/benchmark.h>

#include <lockstep/mutex.hpp>
#include <mutex>

#include "support/crew.hpp"
#include "support/locks.hpp"

namespace {

using bench::solo;

// Threads that also do some work of their own between two acquisitions.
template <class Mutex>
void contended(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  const long each = (1 << 16) / threads;
  Mutex m;
  long count = 0;
  bench::contend(state, threads, each, [&](long) {
    m.lock();
    ++count;
    m.unlock();
  });
  bench::report(state, threads * each, count == state.iterations() * threads * each);
}

void rows(benchmark::internal::Benchmark* b) {
  b->ArgName("threads")->Arg(2)->Arg(8)->UseRealTime();
}

BENCHMARK_TEMPLATE(solo, lockstep::threads::mutex)->UseRealTime();
BENCHMARK_TEMPLATE(solo, lockstep::mutex)->UseRealTime();
BENCHMARK_TEMPLATE(solo, std::mutex)->UseRealTime();
BENCHMARK_TEMPLATE(contended, lockstep::threads::mutex)->Apply(rows);
BENCHMARK_TEMPLATE(contended, lockstep::mutex)->Apply(rows);
BENCHMARK_TEMPLATE(contended, std::mutex)->Apply(rows);

}  // namespace
