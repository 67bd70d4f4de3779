// parker_contract.hpp: the contract of runtime/concept.hpp as a suite that any runtime can run:
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(mine, parker_contract, on_threads<my_runtime>);
//
// The type parameter names the runtime, and starts tasks of it: run(f) returns a handle with
// until_blocked() and join().
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <lockstep/clock.hpp>
#include <lockstep/runtime/concept.hpp>
#include <memory>
#include <utility>

#include "support/allocations.hpp"
#include "support/world.hpp"

template <lockstep::runtime R>
struct on_threads {
  using runtime = R;
  template <class F>
  static auto run(F f) {
    return support::run(std::move(f));
  }
};

template <class World>
struct parker_contract : ::testing::Test {
  using runtime = typename World::runtime;
  using parker = typename runtime::parker;

  static auto in(std::chrono::nanoseconds d) { return runtime::now() + d; }
};

TYPED_TEST_SUITE_P(parker_contract);

TYPED_TEST_P(parker_contract, an_unpark_before_the_park_is_remembered) {  // point 1
  typename TestFixture::parker p;
  p.unpark();
  p.park();
  p.unpark();
  EXPECT_TRUE(p.park_until(TestFixture::in(std::chrono::hours{1})));
}

TYPED_TEST_P(parker_contract, a_remembered_unpark_beats_a_deadline_that_has_passed) {  // point 1
  typename TestFixture::parker p;
  p.unpark();
  EXPECT_TRUE(p.park_until(TestFixture::in(std::chrono::nanoseconds{-1})));
}

TYPED_TEST_P(parker_contract, a_park_uses_up_its_unpark) {  // point 1
  typename TestFixture::parker p;
  p.unpark();
  p.park();
  EXPECT_FALSE(p.park_until(TestFixture::in(std::chrono::milliseconds{1})));
}

TYPED_TEST_P(parker_contract, an_unpark_releases_a_blocked_park_and_shows_its_work) {  // point 2
  typename TestFixture::parker p;
  int work = 0;
  auto owner = TypeParam::run([&] {
    p.park();
    return work;
  });
  owner.until_blocked();
  work = 7;
  p.unpark();
  EXPECT_EQ(owner.join(), 7);
}

TYPED_TEST_P(parker_contract, an_unpark_releases_a_timed_park_before_its_deadline) {  // point 2
  typename TestFixture::parker p;
  int work = 0;
  auto owner = TypeParam::run([&] { return p.park_until(lockstep::never) ? work : -1; });
  owner.until_blocked();
  work = 7;
  p.unpark();
  EXPECT_EQ(owner.join(), 7);
}

TYPED_TEST_P(parker_contract, the_owner_may_destroy_the_parker_when_park_returns) {  // points 2, 3
  struct round {
    typename TestFixture::parker p;
    int work = 0;
  };
  constexpr int rounds = 20'000;
  std::atomic<round*> handed{nullptr};
  auto waker = TypeParam::run([&] {
    for (int i = 0; i < rounds; ++i) {
      round* r = nullptr;
      while ((r = handed.exchange(nullptr, std::memory_order_acquire)) == nullptr) {
        TestFixture::runtime::yield();
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

TYPED_TEST_P(parker_contract, a_deadline_without_unpark_is_kept_and_not_early) {  // point 4
  typename TestFixture::parker p;
  const auto deadline = TestFixture::in(std::chrono::milliseconds{2});
  EXPECT_FALSE(p.park_until(deadline));
  EXPECT_GE(TestFixture::runtime::now(), deadline);
}

TYPED_TEST_P(parker_contract, a_round_goes_on_after_its_deadline) {  // point 4
  typename TestFixture::parker p;
  ASSERT_FALSE(p.park_until(TestFixture::in(std::chrono::microseconds{100})));
  auto owner = TypeParam::run([&] { p.park(); });
  owner.until_blocked();
  p.unpark();
  owner.join();
  EXPECT_FALSE(p.park_until(TestFixture::in(std::chrono::microseconds{100})));
}

TYPED_TEST_P(parker_contract, an_unpark_that_races_the_deadline_is_not_lost) {  // points 1, 4
  constexpr int rounds = 2'000;
  typename TestFixture::parker p;
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};
  auto waker = TypeParam::run([&] {
    for (int i = 1; i <= rounds; ++i) {
      while (begun.load(std::memory_order_acquire) < i) TestFixture::runtime::yield();
      p.unpark();
      while (ended.load(std::memory_order_acquire) < i) TestFixture::runtime::yield();
    }
  });
  for (int i = 1; i <= rounds; ++i) {
    begun.store(i, std::memory_order_release);
    if (!p.park_until(TestFixture::in(std::chrono::microseconds{i % 50}))) p.park();
    ended.store(i, std::memory_order_release);
  }
  waker.join();
}

TYPED_TEST_P(parker_contract, no_park_returns_without_its_unpark) {  // point 5
  constexpr int rounds = 5'000;
  typename TestFixture::parker p;
  std::atomic<int> asked{0};
  int granted = 0;  // written before each unpark only
  auto waker = TypeParam::run([&] {
    for (int i = 1; i <= rounds; ++i) {
      while (asked.load(std::memory_order_acquire) < i) TestFixture::runtime::yield();
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

TYPED_TEST_P(parker_contract, an_unpark_neither_allocates_nor_throws) {  // point 6
  typename TestFixture::parker p;
  static_assert(noexcept(p.unpark()));
  EXPECT_EQ(support::allocations_in([&] { p.unpark(); }), 0U);
  p.park();
  auto owner = TypeParam::run([&] { p.park(); });
  owner.until_blocked();
  EXPECT_EQ(support::allocations_in([&] { p.unpark(); }), 0U);
  owner.join();
}

REGISTER_TYPED_TEST_SUITE_P(
    parker_contract,  //
    an_unpark_before_the_park_is_remembered, a_remembered_unpark_beats_a_deadline_that_has_passed,
    a_park_uses_up_its_unpark, an_unpark_releases_a_blocked_park_and_shows_its_work,
    an_unpark_releases_a_timed_park_before_its_deadline,
    the_owner_may_destroy_the_parker_when_park_returns,
    a_deadline_without_unpark_is_kept_and_not_early, a_round_goes_on_after_its_deadline,
    an_unpark_that_races_the_deadline_is_not_lost, no_park_returns_without_its_unpark,
    an_unpark_neither_allocates_nor_throws);
