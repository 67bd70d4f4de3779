#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <atomic>
#include <lockstep/testing/barrier.hpp>
#include <lockstep/testing/barrier_broken.hpp>
#include <thread>

#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::status;

TEST(barrier_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::barrier>(2);
    auto blocked = support::run([&b = *owner] { b.arrive_and_wait(); });
    blocked.until_blocked();
    EXPECT_FALSE(owner->broken());  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a barrier is destroyed with waiters");
}

// A runtime whose lock stops a task at its second use, until the test lets it go on.
struct stepped_runtime : lockstep::threads_runtime {
  inline static std::atomic<int> step{0};
  inline static thread_local int uses = -1;  // counted from 0 where the test says so
  static void until(int n) {
    while (step < n) std::this_thread::yield();
  }
  struct short_lock : lockstep::detail::short_lock {
    void lock() noexcept {
      if (uses >= 0 && ++uses == 2) {
        step = 1;
        until(2);
      }
      lockstep::detail::short_lock::lock();
    }
  };
};

TEST(barrier_test, a_party_that_gave_up_before_a_reset_does_not_break_the_next_phase) {
  stepped_runtime::step = 0;
  lockstep::basic_barrier<stepped_runtime> b{2};
  auto party = support::run([&b] {
    stepped_runtime::uses = 0;
    return b.arrive_and_wait_for(1ms);
  });
  stepped_runtime::until(1);
  b.reset();
  stepped_runtime::step = 2;
  EXPECT_EQ(party.join(), status::timeout);
  EXPECT_FALSE(b.broken());
}

}  // namespace
