// locks.hpp: what the benchmarks of mutexes share.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

#include "support/crew.hpp"

namespace bench {

// Lock, add one, unlock, by one thread.
template <class Mutex>
void solo(benchmark::State& state) {
  const idle_thread other;
  Mutex m;
  long count = 0;
  for (auto _ : state) {
    m.lock();
    benchmark::DoNotOptimize(++count);
    m.unlock();
  }
  report(state, 1, count == state.iterations());
}

// Each of the threads calls operation(1) to operation(each) a round, and does some work of its own
// between two of them.
template <class Operation>
void contend(benchmark::State& state, int threads, long each, Operation operation) {
  crew all{threads, [each, operation](int self) {
             auto work = static_cast<std::uint64_t>(self) + 1;
             for (long i = 1; i <= each; ++i) {
               operation(i);
               local_work(work);
             }
           }};
  for (auto _ : state) all.round();
}

}  // namespace bench
