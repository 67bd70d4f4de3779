// Timers that are mostly stopped before they tick; the plain alternative is a deadline under a mutex,
// with a condition variable on which receivers wait until it has come.
#include <benchmark/benchmark.h>

#include <chrono>
#include <lockstep/timer.hpp>
#include <thread>

#include "support/crew.hpp"
#include "support/plain.hpp"

namespace {

using namespace std::chrono_literals;

template <class Timer>
void create_and_stop(benchmark::State& state) {
  const bench::idle_thread other;
  bool correct = true;
  for (auto _ : state) {
    Timer t{1h};
    correct &= t.stop();
  }
  bench::report(state, 1, correct);
}

template <class Timer>
void reset(benchmark::State& state) {
  const bench::idle_thread other;
  Timer t{1h};
  bool correct = true;
  for (auto _ : state) correct &= t.reset(1h);
  bench::report(state, 1, correct);
}

// Another thread waits for the tick, and begins anew to wait for each new setting.
template <class Timer>
void reset_under_a_receiver(benchmark::State& state) {
  Timer t{1h};
  std::thread receiver{[&] { static_cast<void>(t.recv()); }};
  bool correct = true;
  for (auto _ : state) correct &= t.reset(1h);
  t.reset(0s);
  receiver.join();
  bench::report(state, 1, correct);
}

// A tick that is due at once, set and received by one thread.
template <class Timer>
void tick(benchmark::State& state) {
  const bench::idle_thread other;
  Timer t{0s};
  bool correct = true;
  for (auto _ : state) {
    correct &= bool{t.recv()};
    t.reset(0s);
  }
  bench::report(state, 1, correct);
}

// A reader that is always late: each tick stands for many that were dropped.
template <class Ticker>
void late_reader(benchmark::State& state) {
  const bench::idle_thread other;
  Ticker every{1ns};
  bool correct = true;
  for (auto _ : state) correct &= bool{every.recv()};
  bench::report(state, 1, correct);
}

// A receiver that always waits: what a tick costs of processor time, not how long it is waited for.
template <class Ticker>
void waiting_reader(benchmark::State& state) {
  Ticker every{50us};
  bool correct = true;
  for (auto _ : state) correct &= bool{every.recv()};
  bench::report(state, 1, correct);
}

BENCHMARK_TEMPLATE(create_and_stop, lockstep::threads::timer)->UseRealTime();
BENCHMARK_TEMPLATE(create_and_stop, lockstep::timer)->UseRealTime();
BENCHMARK_TEMPLATE(create_and_stop, plain::timer)->UseRealTime();
BENCHMARK_TEMPLATE(reset, lockstep::threads::timer)->UseRealTime();
BENCHMARK_TEMPLATE(reset, lockstep::timer)->UseRealTime();
BENCHMARK_TEMPLATE(reset, plain::timer)->UseRealTime();
BENCHMARK_TEMPLATE(reset_under_a_receiver, lockstep::threads::timer)->UseRealTime();
BENCHMARK_TEMPLATE(reset_under_a_receiver, lockstep::timer)->UseRealTime();
BENCHMARK_TEMPLATE(reset_under_a_receiver, plain::timer)->UseRealTime();
BENCHMARK_TEMPLATE(tick, lockstep::threads::timer)->UseRealTime();
BENCHMARK_TEMPLATE(tick, lockstep::timer)->UseRealTime();
BENCHMARK_TEMPLATE(tick, plain::timer)->UseRealTime();
BENCHMARK_TEMPLATE(late_reader, lockstep::threads::ticker)->UseRealTime();
BENCHMARK_TEMPLATE(late_reader, lockstep::ticker)->UseRealTime();
BENCHMARK_TEMPLATE(late_reader, plain::ticker)->UseRealTime();
BENCHMARK_TEMPLATE(waiting_reader, lockstep::threads::ticker);
BENCHMARK_TEMPLATE(waiting_reader, lockstep::ticker);
BENCHMARK_TEMPLATE(waiting_reader, plain::ticker);

}  // namespace
