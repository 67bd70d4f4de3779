// parker.hpp: the contract of a runtime's parker, point by point as in runtime/concept.hpp.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <utility>

#include "../clock.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct parker_suite : suite<R> {
  // The runtime's own parker. Where a test has to know that a task is blocked it takes the watched
  // one, which is this one with a note taken before and after.
  using parker = typename R::runtime::parker;

  static time_point in(duration d) { return R::now() + d; }
};
TYPED_TEST_SUITE(parker_suite, runtimes, suite_names);

TYPED_TEST(parker_suite, an_unpark_before_the_park_is_remembered) {  // point 1
  typename TestFixture::parker p;
  p.unpark();
  p.park();
  p.unpark();
  EXPECT_TRUE(p.park_until(this->in(1h)));
}

TYPED_TEST(parker_suite, a_remembered_unpark_beats_a_deadline_that_has_passed) {  // point 1
  typename TestFixture::parker p;
  p.unpark();
  EXPECT_TRUE(p.park_until(this->in(-1ns)));
}

TYPED_TEST(parker_suite, a_park_uses_up_its_unpark) {  // point 1
  typename TestFixture::parker p;
  p.unpark();
  p.park();
  EXPECT_FALSE(p.park_until(this->in(1ms)));
}

TYPED_TEST(parker_suite, an_unpark_releases_a_blocked_park_and_shows_its_work) {  // point 2
  typename TypeParam::parker p;
  int work = 0;
  auto owner = this->blocked([&] {
    p.park();
    return work;
  });
  work = 7;
  p.unpark();
  EXPECT_EQ(owner.join(), 7);
}

TYPED_TEST(parker_suite, an_unpark_releases_a_timed_park_before_its_deadline) {  // point 2
  typename TypeParam::parker p;
  int work = 0;
  auto owner = this->blocked([&] { return p.park_until(never) ? work : -1; });
  work = 7;
  p.unpark();
  EXPECT_EQ(owner.join(), 7);
}

TYPED_TEST(parker_suite, the_owner_may_destroy_the_parker_when_park_returns) {  // points 2, 3
  struct round {
    typename TestFixture::parker p;
    int work = 0;
  };
  constexpr int rounds = 20'000;
  std::atomic<round*> handed{nullptr};
  auto waker = this->run([&] {
    for (int i = 0; i < rounds; ++i) {
      round* r = nullptr;
      while ((r = handed.exchange(nullptr, std::memory_order_acquire)) == nullptr) {
        TypeParam::yield();
      }
      r->work = i;
      r->p.unpark();
    }
  });
  for (int i = 0; i < rounds; ++i) {
    auto r = std::make_unique<round>();
    handed.store(r.get(), std::memory_order_release);
    r->p.park();
    ASSERT_EQ(r->work, i);
  }
  waker.join();
}

TYPED_TEST(parker_suite, a_deadline_without_unpark_is_kept_and_not_early) {  // point 4
  typename TestFixture::parker p;
  const auto deadline = this->in(2ms);
  EXPECT_FALSE(p.park_until(deadline));
  EXPECT_GE(TypeParam::now(), deadline);
}

TYPED_TEST(parker_suite, a_deadline_that_has_passed_is_over_at_once) {  // point 4
  typename TestFixture::parker p;
  EXPECT_FALSE(p.park_until(this->in(-1ns)));
}

TYPED_TEST(parker_suite, a_round_goes_on_after_its_deadline) {  // point 4
  typename TypeParam::parker p;
  ASSERT_FALSE(p.park_until(this->in(100us)));
  auto owner = this->blocked([&] { p.park(); });
  p.unpark();
  owner.join();
  EXPECT_FALSE(p.park_until(this->in(100us)));
}

TYPED_TEST(parker_suite, an_unpark_that_races_the_deadline_is_not_lost) {  // points 1, 4
  constexpr int rounds = 2'000;
  typename TestFixture::parker p;
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};
  auto waker = this->run([&] {
    for (int i = 1; i <= rounds; ++i) {
      while (begun.load(std::memory_order_acquire) < i) TypeParam::yield();
      p.unpark();
      while (ended.load(std::memory_order_acquire) < i) TypeParam::yield();
    }
  });
  for (int i = 1; i <= rounds; ++i) {
    begun.store(i, std::memory_order_release);
    if (!p.park_until(this->in(i % 50 * 1us))) p.park();
    ended.store(i, std::memory_order_release);
  }
  waker.join();
}

TYPED_TEST(parker_suite, no_park_returns_without_its_unpark) {  // point 5
  constexpr int rounds = 5'000;
  typename TestFixture::parker p;
  std::atomic<int> asked{0};
  int granted = 0;  // written before each unpark only
  auto waker = this->run([&] {
    for (int i = 1; i <= rounds; ++i) {
      while (asked.load(std::memory_order_acquire) < i) TypeParam::yield();
      granted = i;
      p.unpark();
    }
  });
  for (int i = 1; i <= rounds; ++i) {
    asked.store(i, std::memory_order_release);
    p.park();
    ASSERT_EQ(granted, i);
  }
  waker.join();
}

// A task in one slot under a lock, as an object has it.
TYPED_TEST(parker_suite, a_park_gives_up_a_lock_when_it_can_be_woken) {  // point 7
  using slept_in = typename TestFixture::parker;
  if constexpr (requires(slept_in p, typename TypeParam::short_lock l) { p.park_releasing(l); }) {
    constexpr int rounds = 5'000;
    typename TypeParam::short_lock lock;
    slept_in* slot = nullptr;
    int served = 0;
    auto waker = this->run([&] {
      for (int i = 1; i <= rounds; ++i) {
        slept_in* found = nullptr;
        while (found == nullptr) {
          lock.lock();
          found = std::exchange(slot, nullptr);
          if (found != nullptr) served = i;
          lock.unlock();
          if (found == nullptr) TypeParam::yield();
        }
        found->unpark();
      }
    });
    for (int i = 1; i <= rounds; ++i) {
      slept_in p;
      lock.lock();
      slot = &p;
      p.park_releasing(lock);
      ASSERT_EQ(served, i);
    }
    waker.join();
  }
}

TYPED_TEST(parker_suite, an_unpark_does_not_throw) {  // point 6
  static_assert(noexcept(std::declval<typename TestFixture::parker&>().unpark()));
}

}  // namespace lockstep::testing
