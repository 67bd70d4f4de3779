#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <unistd.h>

#include <atomic>
#include <functional>
#include <lockstep/testing/semaphore.hpp>
#include <thread>
#include <utility>

#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;

TEST(semaphore_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [](std::ptrdiff_t k) {
    auto owner = std::make_unique<lockstep::semaphore>(0, 1);
    auto blocked = support::run([&s = *owner, k] { s.acquire(k); });
    blocked.until_blocked();
    EXPECT_FALSE(owner->try_acquire_for(0s, k));  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(1), "a semaphore is destroyed with waiters");
  EXPECT_DEATH(destroy(2), "a semaphore is destroyed with waiters");
}

// A runtime whose short lock lets a test act just before it is taken, and just before it is let go.
struct staged_runtime : lockstep::threads_runtime {
  inline static std::function<void()> before_lock, before_unlock;
  struct short_lock {
    void lock() noexcept {
      if (const auto act = std::exchange(before_lock, nullptr)) act();
      inner.lock();
    }
    void unlock() noexcept {
      if (const auto act = std::exchange(before_unlock, nullptr)) act();
      inner.unlock();
    }
    lockstep::detail::short_lock inner;
  };
};

// An acquire takes the slow mark off while a release is about to take the lock. If the permit could
// then be had without the lock, its new owner could destroy the semaphore under the release.
TEST(semaphore_test, a_permit_is_not_to_be_had_before_its_release_is_over) {  // LT-1
  lockstep::basic_semaphore<staged_runtime> s{1, 8};
  ASSERT_FALSE(s.try_acquire_for(0s, 2));  // leaves the mark
  bool first = false;
  std::atomic<bool> second{false};
  bool early = false;
  std::thread other;
  staged_runtime::before_lock = [&] {
    first = s.try_acquire();
    staged_runtime::before_unlock = [&] {
      std::atomic<long> tid{0};
      other = std::thread{[&] {
        tid = ::gettid();
        second = s.try_acquire();
      }};
      while (tid == 0 || (!second && !support::thread_sleeps(tid))) std::this_thread::yield();
      early = second;
    };
  };
  s.release();
  other.join();
  EXPECT_TRUE(first);
  EXPECT_FALSE(early);
  EXPECT_TRUE(second);
}

}  // namespace
