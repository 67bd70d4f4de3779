// What a name costs: objects over the local backend, beside those of one process.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/runtime/fibers.hpp>
#include <lockstep/topic.hpp>
#include <lockstep/wait_group.hpp>
#include <memory>
#include <string>

namespace {

// A client of a world of its own.
lockstep::client fresh() {
  return lockstep::client{std::make_shared<lockstep::coord::scope>(lockstep::coord::scope{
      std::make_shared<lockstep::coord::local_world>(), "", lockstep::coord::nobody, 0})};
}

template <class Mutex>
void lock_and_unlock(benchmark::State& state, Mutex& m) {
  for (auto _ : state) {
    m.lock();
    benchmark::DoNotOptimize(m);
    m.unlock();
  }
  state.SetItemsProcessed(state.iterations());
}
void plain_mutex(benchmark::State& state) {
  lockstep::mutex m;
  lock_and_unlock(state, m);
}
void named_mutex(benchmark::State& state) {
  auto m = fresh().mutex("m");
  lock_and_unlock(state, m);
}
BENCHMARK(plain_mutex)->Name("coord.mutex/plain");
BENCHMARK(named_mutex)->Name("coord.mutex/named");

void signal_entry(benchmark::State& state) {
  auto sync = fresh();
  for (auto _ : state) benchmark::DoNotOptimize(sync.signal_entry("ready"));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(signal_entry)->Name("coord.signal_entry");

// Published one by one, and read by one subscriber in the same task, a batch behind.
void publish(benchmark::State& state) {
  constexpr int batch = 256;
  auto sync = fresh();
  auto values = sync.topic<std::int64_t>("values");
  auto seen = values.subscribe();
  for (auto _ : state) {
    for (std::int64_t i = 0; i < batch; ++i) values.publish(i);
    for (std::int64_t i = 0; i < batch; ++i) benchmark::DoNotOptimize(*seen.recv());
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(publish)->Name("coord.publish");

// So many fibers of one worker meet at a state, each time at another; an item is a fiber's meeting.
void signal_and_wait(benchmark::State& state) {
  const auto instances = static_cast<std::uint64_t>(state.range(0));
  auto sync = fresh();
  std::uint64_t meeting = 0;
  lockstep::fibers::run([&] {
    for (auto _ : state) {
      const std::string name = "meeting " + std::to_string(++meeting);
      lockstep::wait_group all;
      for (std::uint64_t i = 0; i < instances; ++i) {
        all.go([&] { sync.signal_and_wait(name, instances); });
      }
      all.wait();
    }
  });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(instances));
}
BENCHMARK(signal_and_wait)
    ->Name("coord.signal_and_wait/fibers")
    ->RangeMultiplier(10)
    ->Range(100, 100'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
