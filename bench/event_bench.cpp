// Sets and waits; the plain alternative is a flag with a mutex and a condition variable.
#include <benchmark/benchmark.h>

#include <lockstep/event.hpp>

#include "support/crew.hpp"
#include "support/plain.hpp"

namespace {

template <class Event>
void solo(benchmark::State& state) {
  const bench::idle_thread other;
  Event e{Event::automatic};
  for (auto _ : state) {
    e.set();
    e.wait();
  }
  bench::report(state, 1, true);
}

// A wait for what has happened already.
template <class Event>
void solo_open(benchmark::State& state) {
  const bench::idle_thread other;
  Event e;
  e.set();
  for (auto _ : state) e.wait();
  bench::report(state, 1, true);
}

// Two threads take turns. An operation is a round trip.
template <class Event>
void ping_pong(benchmark::State& state) {
  constexpr long turns = 1 << 12;
  Event there{Event::automatic};
  Event back{Event::automatic};
  long count = 0;
  bench::crew crew{2, [&](int self) {
                     Event& mine = self == 0 ? back : there;
                     Event& other = self == 0 ? there : back;
                     if (self == 0) other.set();
                     for (long i = 0; i < turns; ++i) {
                       mine.wait();
                       ++count;
                       if (self == 1 || i + 1 < turns) other.set();
                     }
                   }};
  for (auto _ : state) crew.round();
  bench::report(state, turns, count == state.iterations() * 2 * turns);
}

void pairs(benchmark::internal::Benchmark* b) { b->ArgName("threads")->Arg(2)->UseRealTime(); }

BENCHMARK_TEMPLATE(solo, lockstep::threads::event)->UseRealTime();
BENCHMARK_TEMPLATE(solo, lockstep::event)->UseRealTime();
BENCHMARK_TEMPLATE(solo, plain::event)->UseRealTime();
BENCHMARK_TEMPLATE(solo_open, lockstep::threads::event)->UseRealTime();
BENCHMARK_TEMPLATE(solo_open, lockstep::event)->UseRealTime();
BENCHMARK_TEMPLATE(solo_open, plain::event)->UseRealTime();
BENCHMARK_TEMPLATE(ping_pong, lockstep::threads::event)->Apply(pairs);
BENCHMARK_TEMPLATE(ping_pong, lockstep::event)->Apply(pairs);
BENCHMARK_TEMPLATE(ping_pong, plain::event)->Apply(pairs);

}  // namespace
