// Lock, add one, unlock; the plain alternative is std::mutex.
#include <benchmark/benchmark.h>

#include <lockstep/mutex.hpp>
#include <mutex>

#include "support/crew.hpp"

namespace {

template <class Mutex>
void solo(benchmark::State& state) {
  const bench::idle_thread other;
  Mutex m;
  long count = 0;
  for (auto _ : state) {
    m.lock();
    benchmark::DoNotOptimize(++count);
    m.unlock();
  }
  bench::report(state, 1, count == state.iterations());
}

// Threads that also do some work of their own between two acquisitions.
template <class Mutex>
void contended(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  const long each = (1 << 16) / threads;
  Mutex m;
  long count = 0;
  bench::crew crew{threads, [&](int self) {
                     auto work = static_cast<std::uint64_t>(self) + 1;
                     for (long i = 0; i < each; ++i) {
                       m.lock();
                       ++count;
                       m.unlock();
                       bench::local_work(work);
                     }
                   }};
  for (auto _ : state) crew.round();
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
