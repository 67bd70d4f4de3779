// Messages a second through one channel; the plain alternative is a mutex and condition variables.
#include <benchmark/benchmark.h>

#include <atomic>
#include <lockstep/channel.hpp>

#include "support/crew.hpp"
#include "support/plain.hpp"

namespace {

// Half of the threads send, half receive. An operation is a message.
template <class Channel>
void stream(benchmark::State& state) {
  const int pairs = static_cast<int>(state.range(0)) / 2;
  const auto capacity = static_cast<std::size_t>(state.range(1));
  const long each = (capacity == 0 ? 1 << 12 : 1 << 16) / pairs;
  Channel c{capacity};
  std::atomic<long> sum{0};
  bench::crew crew{2 * pairs, [&](int self) {
                     if (self < pairs) {
                       for (long i = 1; i <= each; ++i) c.send(i);
                       return;
                     }
                     long own = 0;
                     for (long i = 1; i <= each; ++i) own += *c.recv();
                     sum += own;
                   }};
  for (auto _ : state) crew.round();
  bench::report(state, pairs * each, sum == state.iterations() * pairs * (each * (each + 1) / 2));
}

// One thread alone: 512 sends, then 512 receives. An operation is one of each.
template <class Channel>
void solo(benchmark::State& state) {
  const bench::idle_thread other;
  constexpr long burst = 512;
  Channel c{static_cast<std::size_t>(state.range(0))};
  long sum = 0;
  for (auto _ : state) {
    for (long i = 1; i <= burst; ++i) c.send(i);
    for (long i = 1; i <= burst; ++i) sum += *c.recv();
  }
  bench::report(state, burst, sum == state.iterations() * (burst * (burst + 1) / 2));
}

void stream_rows(benchmark::internal::Benchmark* b) {
  b->ArgNames({"threads", "cap"})->ArgsProduct({{2, 4, 8}, {0, 64}})->UseRealTime();
}
void solo_rows(benchmark::internal::Benchmark* b) { b->ArgName("cap")->Arg(1024)->UseRealTime(); }

BENCHMARK_TEMPLATE(stream, lockstep::threads::channel<long>)->Apply(stream_rows);
BENCHMARK_TEMPLATE(stream, lockstep::channel<long>)->Apply(stream_rows);
BENCHMARK_TEMPLATE(stream, plain::channel<long>)->Apply(stream_rows);
BENCHMARK_TEMPLATE(solo, lockstep::threads::channel<long>)->Apply(solo_rows);
BENCHMARK_TEMPLATE(solo, lockstep::channel<long>)->Apply(solo_rows);
BENCHMARK_TEMPLATE(solo, plain::channel<long>)->Apply(solo_rows);

}  // namespace
