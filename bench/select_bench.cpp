// One receiver, several channels, a sender on each; the plain alternative is all queues under one
// mutex, with one condition variable for whoever sends and one for the receiver.
#include <benchmark/benchmark.h>

#include <array>
#include <lockstep/select.hpp>
#include <utility>

#include "support/crew.hpp"
#include "support/plain.hpp"

namespace {

// K channels, received from with one select a message.
template <class Channel, std::size_t K>
class selected_channels {
 public:
  explicit selected_channels(std::size_t capacity)
      : selected_channels{capacity, std::make_index_sequence<K>{}} {}

  void send(std::size_t to, long value) { channels_[to].send(value); }
  long recv() { return recv(std::make_index_sequence<K>{}); }

 private:
  template <std::size_t... I>
  selected_channels(std::size_t capacity, std::index_sequence<I...>)
      : channels_{(static_cast<void>(I), Channel{capacity})...} {}
  template <std::size_t... I>
  long recv(std::index_sequence<I...>) {
    long got = 0;
    lockstep::select(lockstep::on_recv(channels_[I], [&got](long v) { got = v; })...);
    return got;
  }

  std::array<Channel, K> channels_;
};

template <class Channels>
void run(benchmark::State& state, Channels channels) {
  const auto senders = static_cast<long>(state.range(0));
  const long each = (state.range(1) == 0 ? 1 << 12 : 1 << 15) / senders;
  long sum = 0;
  bench::crew crew{static_cast<int>(senders) + 1, [&](int self) {
                     if (self > 0) {
                       const auto own = static_cast<std::size_t>(self) - 1;
                       for (long i = 1; i <= each; ++i) channels.send(own, i);
                       return;
                     }
                     for (long i = 0; i < senders * each; ++i) sum += channels.recv();
                   }};
  for (auto _ : state) crew.round();
  bench::report(state, senders * each,
                sum == state.iterations() * senders * (each * (each + 1) / 2));
}

// An operation is a message.
template <class Channel>
void fan_in(benchmark::State& state) {
  const auto capacity = static_cast<std::size_t>(state.range(1));
  if constexpr (requires(Channel& c) { lockstep::on_recv(c); }) {
    state.range(0) == 2 ? run(state, selected_channels<Channel, 2>{capacity})
                        : run(state, selected_channels<Channel, 8>{capacity});
  } else {
    run(state, Channel{static_cast<std::size_t>(state.range(0)), capacity});
  }
}

void rows(benchmark::internal::Benchmark* b) {
  b->ArgNames({"cases", "cap"})->ArgsProduct({{2, 8}, {0, 64}})->UseRealTime();
}

BENCHMARK_TEMPLATE(fan_in, lockstep::threads::channel<long>)->Apply(rows);
BENCHMARK_TEMPLATE(fan_in, lockstep::channel<long>)->Apply(rows);
BENCHMARK_TEMPLATE(fan_in, plain::channel_set<long>)->Apply(rows);

}  // namespace
