// crowd.hpp: what suites with many tasks share: tasks by the dozen, how much work they do, and
// whether a random choice was fair.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <utility>
#include <vector>

#include "../detail/config.hpp"
#include "../runtime/threads.hpp"
#include "world.hpp"

namespace lockstep::testing {

// How much work the tests do that repeat something, in percent: the one place to scale them.
inline constexpr int effort = LOCKSTEP_TSAN ? 40 : 100;

// How often to repeat what is repeated n times at an effort of 100.
constexpr int rounds(int n) { return n * effort < 100 ? 1 : n * effort / 100; }

// Tasks that are joined together.
template <class R>
class crowd {
 public:
  template <class F>
  void start(F f) {
    tasks_.emplace_back(std::move(f));
  }
  // f(0) to f(n - 1), each in a task of its own.
  template <class F>
  void start(std::size_t n, F f) {
    for (std::size_t i = 0; i < n; ++i) start([f, i] { f(i); });
  }
  // Returns once each of them is blocked.
  void until_blocked() const {
    for (const auto& t : tasks_) t.until_blocked();
  }
  // Waits for the end of all; rethrows what one of them threw.
  void join() {
    for (auto& t : tasks_) t.join();
    tasks_.clear();
  }

 private:
  std::list<background_task<R, void>> tasks_;
};

// Makes the random choices of the calling thread follow from a seed, which it prints: the one in
// LOCKSTEP_SEED, or a new one. A runtime with a seed of its own keeps to that.
template <class R>
[[gnu::noinline]] void seed_choices() {
  const char* const given = std::getenv("LOCKSTEP_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : R::random();
  std::printf("LOCKSTEP_SEED=%llu\n", static_cast<unsigned long long>(seed));
  detail::thread_random = seed | 1U;
}

// Counts how often each of n choices was made.
class fair_share {
 public:
  explicit fair_share(std::size_t n) : made_(n) {}
  void add(std::size_t choice) { ++made_.at(choice); }

  // Whether the counts are likely, at one in a million, if every choice has the same chance.
  [[nodiscard]] ::testing::AssertionResult is_kept() const {
    double total = 0;
    for (const double m : made_) total += m;
    const double expected = total / static_cast<double>(made_.size());
    double chi_square = 0;
    for (const double m : made_) chi_square += (m - expected) * (m - expected) / expected;
    if (chi_square < critical()) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "chi square is " << chi_square << ", not below "
                                         << critical() << ": " << ::testing::PrintToString(made_);
  }

 private:
  // By Wilson and Hilferty's approximation, which for few choices is on the safe side.
  [[nodiscard]] double critical() const {
    const double freedom = static_cast<double>(made_.size()) - 1;
    const double spread = 2 / (9 * freedom);
    return freedom * std::pow(1 - spread + 4.75 * std::sqrt(spread), 3);
  }
  std::vector<double> made_;
};

}  // namespace lockstep::testing
