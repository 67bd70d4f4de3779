// storm.hpp: what stress tests share in which many tasks do what chance says for as long as a test lasts.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <lockstep/barrier.hpp>
#include <random>
#include <utility>

#include "support/world.hpp"

namespace support {

using random_source = std::mt19937_64;

// A test with tasks of a class that is made from a function, and has join().
template <class Task>
class storm : public ::testing::Test {
 public:
  // Starts a task that calls body(random).
  void task(std::function<void(random_source&)> body) {
    tasks.emplace_back([own_seed = seed + tasks.size() + 1, body = std::move(body)] {
      random_source random{own_seed};
      body(random);
    });
  }
  // Starts a task that calls body(random) again and again while the storm lasts.
  void repeat(std::function<void(random_source&)> body) {
    task([this, body = std::move(body)](random_source& random) {
      while (!over()) body(random);
    });
  }
  [[nodiscard]] bool over() const { return std::chrono::steady_clock::now() >= end_; }
  void join() {
    for (Task& t : tasks) t.join();
    tasks.clear();
  }

 protected:
  const std::uint64_t seed = support::seed();
  std::list<Task> tasks;

 private:
  const std::chrono::steady_clock::time_point end_ =
      std::chrono::steady_clock::now() + stress_time();
};

// A barrier whose parties may give up. Those who did not pass it meet at `repair`, and find that all
// have passed it as often; the end is there when over() says so.
template <class R, std::size_t parties>
struct mended_barrier {
  explicit mended_barrier(std::function<bool()> is_over) : over{std::move(is_over)} {}

  std::function<bool()> over;
  int phases = 0;
  std::array<int, parties> passed{};
  bool finished = false;
  lockstep::basic_barrier<R> barrier{parties, [this] { ++phases; }};
  lockstep::basic_barrier<R> repair{parties, [this] {
                                      for (const int p : passed) EXPECT_EQ(p, phases);
                                      EXPECT_TRUE(barrier.broken());
                                      barrier.reset();
                                      finished = over();
                                    }};
};

}  // namespace support
