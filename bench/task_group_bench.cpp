// Functions started together and waited for; the plain alternatives are std::async, and std::thread
// with a mutex around the first failure.
#include <benchmark/benchmark.h>

#include <atomic>
#include <exception>
#include <future>
#include <lockstep/task_group.hpp>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "support/crew.hpp"

namespace {

// std::async, whose futures hold the exceptions.
class futures {
 public:
  template <class F>
  void go(F f) {
    started_.push_back(std::async(std::launch::async, f));
  }
  void wait() {
    for (auto& f : started_) f.get();
    started_.clear();
  }

 private:
  std::vector<std::future<void>> started_;
};

// std::thread, and a mutex for the first exception.
class threads_and_mutex {
 public:
  template <class F>
  void go(F f) {
    started_.emplace_back([this, f] {
      try {
        f();
      } catch (...) {
        const std::lock_guard hold{mutex_};
        if (!failure_) failure_ = std::current_exception();
      }
    });
  }
  void wait() {
    for (auto& t : started_) t.join();
    started_.clear();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  std::vector<std::thread> started_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

// An operation is the start, and the end, of one function.
template <class Group>
void fan(benchmark::State& state) {
  const auto functions = state.range(0);
  std::atomic<std::int64_t> ran{0};
  for (auto _ : state) {
    Group g;
    for (std::int64_t i = 0; i < functions; ++i) {
      g.go([&ran, i] {
        auto work = static_cast<std::uint64_t>(i) + 1;
        bench::local_work(work);
        ran.fetch_add(1, std::memory_order_relaxed);
      });
    }
    g.wait();
  }
  bench::report(state, functions, ran == state.iterations() * functions);
}

void rows(benchmark::internal::Benchmark* b) {
  b->ArgName("functions")->Arg(1)->Arg(8)->UseRealTime();
}

BENCHMARK_TEMPLATE(fan, lockstep::threads::task_group)->Apply(rows);
BENCHMARK_TEMPLATE(fan, lockstep::task_group)->Apply(rows);
BENCHMARK_TEMPLATE(fan, futures)->Apply(rows);
BENCHMARK_TEMPLATE(fan, threads_and_mutex)->Apply(rows);

}  // namespace
