// One publisher, several subscribers that see everything; the plain alternative is a queue with a
// mutex and condition variables for each subscriber.
#include <benchmark/benchmark.h>

#include <atomic>
#include <lockstep/topic.hpp>
#include <vector>

#include "support/crew.hpp"
#include "support/plain.hpp"

namespace {

// An operation is a delivery.
template <class Topic>
void fan_out(benchmark::State& state) {
  const auto subscribers = static_cast<long>(state.range(0));
  constexpr long values = 1 << 12;  // a round, and what the topic keeps
  auto topic = [] {
    if constexpr (std::is_constructible_v<Topic, lockstep::keep_last>) {
      return Topic{lockstep::keep_last{values}};
    } else {
      return Topic{};
    }
  }();
  std::vector<decltype(topic.subscribe())> subscriptions;
  for (long i = 0; i < subscribers; ++i) subscriptions.push_back(topic.subscribe());
  std::atomic<long> sum{0};
  bench::crew crew{static_cast<int>(subscribers) + 1, [&](int self) {
                     if (self == 0) {
                       for (long i = 1; i <= values; ++i) topic.publish(i);
                       return;
                     }
                     auto& mine = subscriptions[static_cast<std::size_t>(self) - 1];
                     long own = 0;
                     for (long i = 1; i <= values; ++i) own += *mine.recv();
                     sum += own;
                   }};
  for (auto _ : state) crew.round();
  bench::report(state, subscribers * values,
                sum == state.iterations() * subscribers * (values * (values + 1) / 2));
}

void rows(benchmark::internal::Benchmark* b) {
  b->ArgName("subscribers")->Arg(1)->Arg(4)->Arg(16)->UseRealTime();
}

BENCHMARK_TEMPLATE(fan_out, lockstep::threads::topic<long>)->Apply(rows);
BENCHMARK_TEMPLATE(fan_out, lockstep::topic<long>)->Apply(rows);
BENCHMARK_TEMPLATE(fan_out, plain::topic<long>)->Apply(rows);

}  // namespace
