// Permits taken and given back; the plain alternative is std::counting_semaphore, which serves its
// waiters in no order and takes one permit at a time.
#include <benchmark/benchmark.h>

#include <atomic>
#include <lockstep/semaphore.hpp>
#include <semaphore>

#include "support/crew.hpp"

namespace {

template <class Semaphore>
void solo(benchmark::State& state) {
  const bench::idle_thread other;
  Semaphore s{1};
  for (auto _ : state) {
    s.acquire();
    s.release();
  }
  bench::report(state, 1, s.try_acquire());
}

// Two threads take turns. An operation is a round trip.
template <class Semaphore>
void ping_pong(benchmark::State& state) {
  constexpr long turns = 1 << 12;
  Semaphore there{0};
  Semaphore back{0};
  long count = 0;
  bench::crew crew{2, [&](int self) {
                     Semaphore& mine = self == 0 ? back : there;
                     Semaphore& other = self == 0 ? there : back;
                     if (self == 0) other.release();
                     for (long i = 0; i < turns; ++i) {
                       mine.acquire();
                       ++count;
                       if (self == 1 || i + 1 < turns) other.release();
                     }
                   }};
  for (auto _ : state) crew.round();
  bench::report(state, turns, count == state.iterations() * 2 * turns);
}

// Two permits, with some work under them.
template <class Semaphore>
void contended(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  const long each = (1 << 15) / threads;
  Semaphore s{2};
  std::atomic<long> inside{0};
  std::atomic<bool> correct{true};
  bench::crew crew{threads, [&](int self) {
                     auto work = static_cast<std::uint64_t>(self) + 1;
                     for (long i = 0; i < each; ++i) {
                       s.acquire();
                       if (inside.fetch_add(1, std::memory_order_relaxed) >= 2) correct = false;
                       bench::local_work(work);
                       inside.fetch_sub(1, std::memory_order_relaxed);
                       s.release();
                     }
                   }};
  for (auto _ : state) crew.round();
  bench::report(state, threads * each, correct && inside == 0);
}

void pairs(benchmark::internal::Benchmark* b) { b->ArgName("threads")->Arg(2)->UseRealTime(); }
void crowds(benchmark::internal::Benchmark* b) { b->ArgName("threads")->Arg(8)->UseRealTime(); }

BENCHMARK_TEMPLATE(solo, lockstep::threads::semaphore)->UseRealTime();
BENCHMARK_TEMPLATE(solo, lockstep::semaphore)->UseRealTime();
BENCHMARK_TEMPLATE(solo, std::counting_semaphore<>)->UseRealTime();
BENCHMARK_TEMPLATE(ping_pong, lockstep::threads::semaphore)->Apply(pairs);
BENCHMARK_TEMPLATE(ping_pong, lockstep::semaphore)->Apply(pairs);
BENCHMARK_TEMPLATE(ping_pong, std::counting_semaphore<>)->Apply(pairs);
BENCHMARK_TEMPLATE(contended, lockstep::threads::semaphore)->Apply(crowds);
BENCHMARK_TEMPLATE(contended, lockstep::semaphore)->Apply(crowds);
BENCHMARK_TEMPLATE(contended, std::counting_semaphore<>)->Apply(crowds);

}  // namespace
