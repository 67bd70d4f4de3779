// world.hpp: what behaviour tests need from a runtime: tasks, and knowing that one is blocked.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <lockstep/go.hpp>
#include <lockstep/runtime/any.hpp>
#include <lockstep/runtime/threads.hpp>
#include <lockstep/testing/contracts.hpp>
#include <random>
#include <string>
#include <thread>
#include <utility>

namespace support {

using runtimes = ::testing::Types<lockstep::threads_runtime, lockstep::any_runtime>;

struct runtime_names {
  template <class R>
  static std::string GetName(int) {
    return std::is_same_v<R, lockstep::any_runtime> ? "any" : "threads";
  }
};

// Whether the kernel has put this thread to sleep.
inline bool thread_sleeps(long tid) {
  std::ifstream in{"/proc/self/task/" + std::to_string(tid) + "/stat"};
  std::string line;
  std::getline(in, line);
  const auto name_end = line.rfind(')');
  return name_end != std::string::npos && name_end + 2 < line.size() && line[name_end + 2] == 'S';
}

// A task with a result, of which can be told that it is blocked.
template <class Result>
class background {
 public:
  template <class F>
  explicit background(F f) {
    std::packaged_task<Result()> work{[this, body = std::move(f)]() mutable {
      tid_.store(::gettid(), std::memory_order_release);
      return body();
    }};
    result_ = work.get_future();
    thread_ = std::thread{std::move(work)};
  }
  background(const background&) = delete;
  ~background() {
    if (thread_.joinable()) thread_.join();
  }

  // Returns once the task sleeps in the kernel and stays there: seen at five looks in a row, each
  // after this thread gave way. A task only sleeps for long in the operation under test.
  void until_blocked() const {
    for (int seen = 0; seen < 5;) {
      if (result_.wait_for(std::chrono::seconds{0}) == std::future_status::ready) {
        ADD_FAILURE() << "the task ended instead of blocking";
        return;
      }
      const long tid = tid_.load(std::memory_order_acquire);
      seen = tid != 0 && thread_sleeps(tid) ? seen + 1 : 0;
      std::this_thread::yield();
    }
  }
  Result join() {
    thread_.join();
    return result_.get();
  }

 private:
  std::atomic<long> tid_{0};
  std::future<Result> result_;
  std::thread thread_;
};

// Starts f() as a background task: auto t = run([&] { return ch.recv(); });
template <class F>
auto run(F f) {
  return background<std::invoke_result_t<F&>>{std::move(f)};
}

using lockstep::testing::contracts_throw;

// A number from the environment; for seeds and durations of stress tests.
inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// LOCKSTEP_SEED, or a new one; printed, so that a failure can be repeated.
inline std::uint64_t seed() {
  const std::uint64_t s = from_environment("LOCKSTEP_SEED", std::random_device{}());
  std::printf("LOCKSTEP_SEED=%llu\n", static_cast<unsigned long long>(s));
  return s;
}

// How long a stress test runs: LOCKSTEP_STRESS_SECONDS, else one second.
inline std::chrono::milliseconds stress_time() {
  return std::chrono::milliseconds{1000 * from_environment("LOCKSTEP_STRESS_SECONDS", 1)};
}

}  // namespace support
