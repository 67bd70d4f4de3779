// Writers that add one, and readers that look; the plain alternative is std::shared_mutex, whose
// readers may keep writers out for ever.
#include <benchmark/benchmark.h>

#include <lockstep/shared_mutex.hpp>
#include <shared_mutex>

#include "support/crew.hpp"
#include "support/locks.hpp"

namespace {

using bench::solo;

template <class Mutex>
void solo_read(benchmark::State& state) {
  const bench::idle_thread other;
  Mutex m;
  long count = 0;
  for (auto _ : state) {
    m.lock_shared();
    benchmark::DoNotOptimize(count);
    m.unlock_shared();
  }
  bench::report(state, 1, m.try_lock());
}

// Of `period` operations of each thread one writes; 0: none does. Between two of them a thread also
// does some work of its own.
template <class Mutex>
void contended(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  const long period = state.range(1);
  const long each = (1 << 15) / threads;
  Mutex m;
  long count = 0;
  bench::contend(state, threads, each, [&](long i) {
    if (period != 0 && i % period == 0) {
      m.lock();
      ++count;
      m.unlock();
    } else {
      m.lock_shared();
      benchmark::DoNotOptimize(count);
      m.unlock_shared();
    }
  });
  const long writes = period != 0 ? each / period : 0;
  bench::report(state, threads * each, count == state.iterations() * threads * writes);
}

void rows(benchmark::internal::Benchmark* b) {
  b->ArgNames({"threads", "period"})->ArgsProduct({{2, 8}, {0, 64, 4}})->UseRealTime();
}

BENCHMARK_TEMPLATE(solo, lockstep::threads::shared_mutex)->UseRealTime();
BENCHMARK_TEMPLATE(solo, lockstep::shared_mutex)->UseRealTime();
BENCHMARK_TEMPLATE(solo, std::shared_mutex)->UseRealTime();
BENCHMARK_TEMPLATE(solo_read, lockstep::threads::shared_mutex)->UseRealTime();
BENCHMARK_TEMPLATE(solo_read, lockstep::shared_mutex)->UseRealTime();
BENCHMARK_TEMPLATE(solo_read, std::shared_mutex)->UseRealTime();
BENCHMARK_TEMPLATE(contended, lockstep::threads::shared_mutex)->Apply(rows);
BENCHMARK_TEMPLATE(contended, lockstep::shared_mutex)->Apply(rows);
BENCHMARK_TEMPLATE(contended, std::shared_mutex)->Apply(rows);

}  // namespace
