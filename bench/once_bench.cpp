// What is done once; the plain alternative is std::call_once.
#include <benchmark/benchmark.h>

#include <lockstep/once.hpp>
#include <memory>
#include <mutex>

#include "support/crew.hpp"

namespace {

class std_once {
 public:
  template <class F>
  void call(F f) {
    std::call_once(flag_, f);
  }

 private:
  std::once_flag flag_;
};

// A call when it has been done.
template <class Once>
void solo(benchmark::State& state) {
  const bench::idle_thread other;
  Once once;
  long count = 0;
  for (auto _ : state) {
    once.call([&] { ++count; });
    benchmark::DoNotOptimize(count);
  }
  bench::report(state, 1, count == 1);
}

// The first call.
template <class Once>
void solo_first(benchmark::State& state) {
  const bench::idle_thread other;
  long count = 0;
  for (auto _ : state) {
    Once once;
    once.call([&] { ++count; });
  }
  bench::report(state, 1, count == state.iterations());
}

// Threads that go through the same sequence, each of whose steps is done by the first to get there.
template <class Once>
void contended(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  constexpr std::size_t steps = 1 << 10;
  std::unique_ptr<Once[]> sequence;
  long count = 0;
  bench::crew crew{threads, [&](int) {
                     for (std::size_t i = 0; i < steps; ++i) sequence[i].call([&] { ++count; });
                   }};
  for (auto _ : state) {
    sequence = std::make_unique<Once[]>(steps);
    crew.round();
  }
  const auto each = static_cast<long>(steps);
  bench::report(state, threads * each, count == state.iterations() * each);
}

void rows(benchmark::internal::Benchmark* b) {
  b->ArgName("threads")->Arg(2)->Arg(8)->UseRealTime();
}

BENCHMARK_TEMPLATE(solo, lockstep::threads::once)->UseRealTime();
BENCHMARK_TEMPLATE(solo, lockstep::once)->UseRealTime();
BENCHMARK_TEMPLATE(solo, std_once)->UseRealTime();
BENCHMARK_TEMPLATE(solo_first, lockstep::threads::once)->UseRealTime();
BENCHMARK_TEMPLATE(solo_first, lockstep::once)->UseRealTime();
BENCHMARK_TEMPLATE(solo_first, std_once)->UseRealTime();
BENCHMARK_TEMPLATE(contended, lockstep::threads::once)->Apply(rows);
BENCHMARK_TEMPLATE(contended, lockstep::once)->Apply(rows);
BENCHMARK_TEMPLATE(contended, std_once)->Apply(rows);

}  // namespace
