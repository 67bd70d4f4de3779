// workloads.hpp: what the runner compare.py has every peer do, on fibers of one thread or of several.
//
// A peer is a type with
//   run(workers, f)                     f() as the first task
//   crew{}; start(f); join()            more tasks
//   channel<T>(capacity)                send(v), recv() -> T, close(), next(T&) -> whether one came
//   yield()
//   has_select, select(channels) -> T   from whichever has a value
// Every workload checks the sum of what it received. workloads.go has the same bodies.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>
#include <vector>

namespace compare {

using clock = std::chrono::steady_clock;

// A wrong sum is no result.
inline void check(bool correct) {
  if (correct) return;
  std::fprintf(stderr, "the sums do not match\n");
  std::exit(1);
}

// Seconds from construction.
class stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(clock::now() - begun_).count();
  }

 private:
  clock::time_point begun_ = clock::now();
};

constexpr std::int64_t sum_to(std::int64_t n) { return n * (n + 1) / 2; }

template <class Peer>
struct workloads {
  template <class T = std::int64_t>
  using channel = typename Peer::template channel<T>;
  using crew = typename Peer::crew;

  // Each returns the seconds that n operations took.

  static double pingpong(std::int64_t n, std::size_t capacity) {
    channel<> there{capacity};
    channel<> back{capacity};
    crew other;
    other.start([&] {
      for (std::int64_t i = 0; i <= n; ++i) back.send(there.recv() + 1);
    });
    there.send(0);
    std::int64_t x = back.recv();  // once to warm up
    const stopwatch watch;
    for (std::int64_t i = 0; i < n; ++i) {
      there.send(x);
      x = back.recv();
    }
    const double took = watch.seconds();
    other.join();
    check(x == n + 1);
    return took;
  }

  static double stream(std::int64_t n, std::size_t capacity) {
    channel<> ch{capacity};
    std::int64_t sum = 0;
    const stopwatch watch;
    crew producer;
    producer.start([&] {
      for (std::int64_t i = 1; i <= n; ++i) ch.send(i);
    });
    for (std::int64_t i = 1; i <= n; ++i) sum += ch.recv();
    producer.join();
    check(sum == sum_to(n));
    return watch.seconds();
  }

  static double solo(std::int64_t n, std::size_t capacity) {
    channel<> ch{capacity};
    constexpr std::int64_t burst = 512;
    const std::int64_t rounds = n / burst + 1;
    std::int64_t sum = 0;
    const stopwatch watch;
    for (std::int64_t r = 0; r < rounds; ++r) {
      for (std::int64_t i = 1; i <= burst; ++i) ch.send(i);
      for (std::int64_t i = 1; i <= burst; ++i) sum += ch.recv();
    }
    check(sum == rounds * sum_to(burst));
    return watch.seconds() * static_cast<double>(n) / static_cast<double>(rounds * burst);
  }

  static double mpmc(std::int64_t n, std::size_t capacity, int pairs) {
    channel<> ch{capacity};
    const std::int64_t each = n / pairs + 1;
    std::atomic<std::int64_t> sum{0};
    const stopwatch watch;
    crew tasks;
    for (int k = 0; k < pairs; ++k) {
      tasks.start([&] {
        for (std::int64_t i = 1; i <= each; ++i) ch.send(i);
      });
      tasks.start([&] {
        std::int64_t own = 0;
        for (std::int64_t i = 1; i <= each; ++i) own += ch.recv();
        sum += own;
      });
    }
    tasks.join();
    check(sum == pairs * sum_to(each));
    return watch.seconds() * static_cast<double>(n) / static_cast<double>(pairs * each);
  }

  static double fanin(std::int64_t n, std::size_t capacity, int producers) {
    channel<> ch{capacity};
    const std::int64_t each = n / producers + 1;
    std::int64_t sum = 0;
    const stopwatch watch;
    crew tasks;
    for (int k = 0; k < producers; ++k) {
      tasks.start([&] {
        for (std::int64_t i = 1; i <= each; ++i) ch.send(i);
      });
    }
    for (std::int64_t i = 0; i < each * producers; ++i) sum += ch.recv();
    tasks.join();
    check(sum == producers * sum_to(each));
    return watch.seconds() * static_cast<double>(n) / static_cast<double>(producers * each);
  }

  // A token goes round a ring of tasks. Building and the first lap are not timed.
  static double ring(std::int64_t n, std::size_t capacity, int tasks) {
    std::list<channel<>> links;
    for (int k = 0; k <= tasks; ++k) links.emplace_back(capacity);
    const std::int64_t laps = n / tasks + 1;
    crew members;
    auto in = links.begin();
    for (int k = 0; k < tasks; ++k) {
      auto& from = *in++;
      auto& to = *in;
      members.start([&from, &to, laps] {
        for (std::int64_t i = 0; i <= laps; ++i) to.send(from.recv() + 1);
      });
    }
    links.front().send(0);
    std::int64_t token = links.back().recv();
    const stopwatch watch;
    for (std::int64_t i = 0; i < laps; ++i) {
      links.front().send(token);
      token = links.back().recv();
    }
    const double took = watch.seconds();
    members.join();
    check(token == (laps + 1) * tasks);
    return took * static_cast<double>(n) / static_cast<double>(laps * tasks);
  }

  // The concurrent prime sieve: one task and one channel a prime, torn down by closing.
  static double sieve(std::int64_t n, int primes) {
    std::int64_t last = 0;
    const stopwatch watch;
    for (std::int64_t round = 0; round < n; ++round) {
      crew filters;
      std::list<channel<>> links;
      std::atomic<bool> stop{false};
      auto* in = &links.emplace_back(0U);
      filters.start([in, &stop] {
        for (std::int64_t i = 2; !stop.load(std::memory_order_relaxed); ++i) in->send(i);
        in->close();
      });
      for (int k = 0; k < primes; ++k) {
        last = in->recv();
        auto* const out = &links.emplace_back(0U);
        filters.start([in, out, prime = last] {
          std::int64_t v = 0;
          while (in->next(v)) {
            if (v % prime != 0) out->send(v);
          }
          out->close();
        });
        in = out;
      }
      stop = true;
      std::int64_t rest = 0;
      while (in->next(rest)) {
      }
      filters.join();
    }
    check(primes != 500 || last == 3571);
    return watch.seconds();
  }

  template <std::size_t K>
  static double select(std::int64_t n, std::size_t capacity) {
    std::list<channel<>> inputs;
    std::array<channel<>*, K> all{};
    const std::int64_t each = n / static_cast<std::int64_t>(K) + 1;
    std::int64_t sum = 0;
    crew producers;
    const stopwatch watch;
    for (std::size_t k = 0; k < K; ++k) {
      auto* const ch = all[k] = &inputs.emplace_back(capacity);
      producers.start([ch, each] {
        for (std::int64_t i = 1; i <= each; ++i) ch->send(i);
      });
    }
    constexpr auto count = static_cast<std::int64_t>(K);
    for (std::int64_t i = 0; i < each * count; ++i) sum += Peer::select(all);
    producers.join();
    check(sum == count * sum_to(each));
    return watch.seconds() * static_cast<double>(n) / static_cast<double>(each * count);
  }

  static double pubsub(std::int64_t n, std::size_t capacity, int subscribers) {
    std::list<channel<>> inboxes;
    const std::int64_t each = n / subscribers + 1;
    std::atomic<std::int64_t> sum{0};
    const stopwatch watch;
    crew readers;
    for (int k = 0; k < subscribers; ++k) {
      auto* const ch = &inboxes.emplace_back(capacity);
      readers.start([ch, each, &sum] {
        std::int64_t own = 0;
        for (std::int64_t i = 1; i <= each; ++i) own += ch->recv();
        sum += own;
      });
    }
    for (std::int64_t i = 1; i <= each; ++i) {
      for (auto& ch : inboxes) ch.send(i);
    }
    readers.join();
    check(sum == subscribers * sum_to(each));
    return watch.seconds() * static_cast<double>(n) / static_cast<double>(subscribers * each);
  }

  static double spawn(std::int64_t n) {
    constexpr std::int64_t batch = 10'000;
    const std::int64_t rounds = n / batch + 1;
    std::int64_t count = 0;
    const stopwatch watch;
    for (std::int64_t r = 0; r < rounds; ++r) {
      crew tasks;
      for (std::int64_t i = 0; i < batch; ++i) tasks.start([&count] { ++count; });
      tasks.join();
    }
    check(count == rounds * batch);
    return watch.seconds() * static_cast<double>(n) / static_cast<double>(rounds * batch);
  }

  static double yield(std::int64_t n) {
    crew two;
    const stopwatch watch;
    for (int k = 0; k < 2; ++k) {
      two.start([n] {
        for (std::int64_t i = 0; i < n / 2; ++i) Peer::yield();
      });
    }
    two.join();
    return watch.seconds();
  }

  // 1,000 tasks of about 20 us of work. An operation is a task.
  static double fanout(std::int64_t n) {
    std::atomic<std::uint64_t> all{0};
    const std::int64_t rounds = n / 1000 + 1;
    const stopwatch watch;
    for (std::int64_t r = 0; r < rounds; ++r) {
      crew tasks;
      for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        tasks.start([seed, &all] {
          std::uint64_t x = seed;
          for (int i = 0; i < 6'000; ++i) {
            x ^= x << 13U;
            x ^= x >> 7U;
            x ^= x << 17U;
          }
          all += x;
        });
      }
      tasks.join();
    }
    check(all != 0);
    return watch.seconds() * static_cast<double>(n) / static_cast<double>(rounds * 1000);
  }

  // Seconds for n operations of a workload by its name, "stream.c64"; negative: it has no such.
  static double run(const char* name, std::int64_t n) {
    char what[32] = "";
    unsigned capacity = 0;
    if (std::sscanf(name, "%31[^.].c%u", what, &capacity) < 1) return -1;
    const auto is = [&](const char* w) { return std::strcmp(what, w) == 0; };
    if (is("pingpong")) return pingpong(n, capacity);
    if (is("stream")) return stream(n, capacity);
    if (is("solo")) return solo(n, capacity);
    if (is("mpmc2")) return mpmc(n, capacity, 2);
    if (is("mpmc8")) return mpmc(n, capacity, 8);
    if (is("fanin1000")) return fanin(n, capacity, 1000);
    if (is("ring1000")) return ring(n, capacity, 1000);
    if (is("sieve500")) return sieve(n, 500);
    if (is("pubsub8")) return pubsub(n, capacity, 8);
    if (is("spawn")) return spawn(n);
    if (is("yield")) return yield(n);
    if (is("fanout")) return fanout(n);
    if constexpr (Peer::has_select) {
      if (is("select2")) return select<2>(n, capacity);
      if (is("select8")) return select<8>(n, capacity);
    }
    return -1;
  }

  // main(): PROGRAM WORKLOAD WORKERS prints nanoseconds an operation, or nothing if it has no such
  // workload. The body is repeated, with growing n, until it takes 40 ms; the last time counts.
  static int main(int argc, char** argv) {
    if (argc != 3) {
      std::fprintf(stderr, "usage: %s WORKLOAD WORKERS\n", argv[0]);
      return 2;
    }
    const char* const name = argv[1];
    Peer::run(static_cast<unsigned>(std::atoi(argv[2])), [name] {
      constexpr double enough = 0.04;
      std::int64_t n = 1;
      if (run(name, n) < 0) return;
      for (;;) {
        const double took = run(name, n);
        if (took >= enough) {
          std::printf("%.2f\n", took / static_cast<double>(n) * 1e9);
          return;
        }
        const double factor = took > 0 ? 1.3 * enough / took : 100;
        n = static_cast<std::int64_t>(static_cast<double>(n) *
                                      (factor > 100 ? 100 : (factor < 2 ? 2 : factor)));
      }
    });
    return 0;
  }
};

}  // namespace compare
