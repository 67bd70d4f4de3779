// crew.hpp: threads that live as long as a benchmark and work in rounds.
#pragma once

#include <benchmark/benchmark.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {

// Each of n threads calls work(self), self in [0, n), once a round. What starts and ends a round is
// the same for all benchmarks, and its cost is small against the many operations of a round.
class crew {
 public:
  crew(int n, std::function<void(int)> work) : work_{std::move(work)}, size_{n} {
    for (int self = 0; self < n; ++self) threads_.emplace_back([this, self] { serve(self); });
  }
  crew(const crew&) = delete;
  ~crew() {
    {
      const std::lock_guard hold{mutex_};
      stop_ = true;
    }
    begin_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  // Returns when everyone has done the round.
  void round() {
    std::unique_lock hold{mutex_};
    busy_ = size_;
    ++round_;
    begin_.notify_all();
    end_.wait(hold, [this] { return busy_ == 0; });
  }

 private:
  void serve(int self) {
    std::unique_lock hold{mutex_};
    for (std::uint64_t done = 0;;) {
      begin_.wait(hold, [&] { return stop_ || round_ != done; });
      if (stop_) return;
      done = round_;
      hold.unlock();
      work_(self);
      hold.lock();
      if (--busy_ == 0) end_.notify_one();
    }
  }

  const std::function<void(int)> work_;
  const int size_;
  std::mutex mutex_;
  std::condition_variable begin_;
  std::condition_variable end_;
  std::uint64_t round_ = 0;
  int busy_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

// A thread that does nothing. The C library spares a process with only one thread the atomic
// instructions in its own locks, which would say little about a program that needs locks.
class idle_thread : crew {
 public:
  idle_thread() : crew{1, [](int) {}} {}
};

// About 100 cycles of work that touches no shared memory.
inline void local_work(std::uint64_t& x) {
  for (int i = 0; i < 16; ++i) {
    x ^= x << 13U;
    x ^= x >> 7U;
    x ^= x << 17U;
  }
  benchmark::DoNotOptimize(x);
}

// Says how many operations were timed, and fails the row if they did not add up.
inline void report(benchmark::State& state, std::int64_t operations_a_round, bool correct) {
  state.SetItemsProcessed(state.iterations() * operations_a_round);
  if (!correct) state.SkipWithError("the sums do not match");
}

}  // namespace bench
