#include <gtest/gtest.h>

#include <lockstep/context.hpp>
#include <lockstep/latch.hpp>
#include <memory>
#include <type_traits>

#include "support/world.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::status;

template <class R>
struct latch_test : testing::Test {};
TYPED_TEST_SUITE(latch_test, support::runtimes, support::runtime_names);

TYPED_TEST(latch_test, opens_when_its_count_reaches_zero) {
  lockstep::basic_latch<TypeParam> l{2};
  EXPECT_FALSE(l.try_wait());
  l.count_down();
  EXPECT_FALSE(l.try_wait());
  l.count_down();
  EXPECT_TRUE(l.try_wait());
}

TYPED_TEST(latch_test, stays_open) {
  lockstep::basic_latch<TypeParam> l{1};
  l.count_down();
  for (int i = 0; i < 3; ++i) l.wait();
  EXPECT_EQ(l.try_wait_for(0s), status::ok);
  EXPECT_EQ(l.try_wait_until(std::chrono::steady_clock::now()), status::ok);
  EXPECT_EQ(l.wait(lockstep::background()), status::ok);
}

TYPED_TEST(latch_test, that_starts_at_zero_is_open) {
  lockstep::basic_latch<TypeParam> l{0};
  EXPECT_TRUE(l.try_wait());
  l.wait();
}

TYPED_TEST(latch_test, counts_down_by_more_than_one) {
  lockstep::basic_latch<TypeParam> l{5};
  l.count_down(0);
  l.count_down(4);
  EXPECT_FALSE(l.try_wait());
  l.count_down();
  EXPECT_TRUE(l.try_wait());
}

TYPED_TEST(latch_test, holds_every_waiter_until_it_opens) {
  lockstep::basic_latch<TypeParam> l{2};
  auto plain = support::run([&] { l.wait(); });
  auto timed = support::run([&] { return l.try_wait_for(1h); });
  auto in_context = support::run([&] { return l.wait(lockstep::background()); });
  l.count_down();
  plain.until_blocked();
  timed.until_blocked();
  in_context.until_blocked();
  l.count_down();
  plain.join();
  EXPECT_EQ(timed.join(), status::ok);
  EXPECT_EQ(in_context.join(), status::ok);
}

TYPED_TEST(latch_test, makes_arrivals_meet) {
  lockstep::basic_latch<TypeParam> l{2};
  auto other = support::run([&] { l.arrive_and_wait(); });
  other.until_blocked();
  l.arrive_and_wait();
  other.join();
}

TYPED_TEST(latch_test, shows_waiters_what_was_done_before_the_count_went_down) {
  lockstep::basic_latch<TypeParam> l{2};
  int first = 0;  // not atomic: a missing happens-before is a data race
  int second = 0;
  auto a = support::run([&] {
    first = 1;
    l.count_down();
  });
  auto b = support::run([&] {
    second = 2;
    l.count_down();
  });
  l.wait();
  EXPECT_EQ(first + second, 3);
}

TYPED_TEST(latch_test, lets_a_wait_time_out_and_opens_for_the_others) {
  lockstep::basic_latch<TypeParam> l{1};
  auto patient = support::run([&] { l.wait(); });
  patient.until_blocked();
  EXPECT_EQ(l.try_wait_for(1ms), status::timeout);
  EXPECT_EQ(l.try_wait_until(std::chrono::steady_clock::now() - 1s), status::timeout);
  EXPECT_EQ(l.wait(lockstep::cancel_scope{1ms}.context()), status::timeout);
  l.count_down();
  patient.join();
}

TYPED_TEST(latch_test, ends_a_wait_whose_context_is_cancelled) {
  lockstep::basic_latch<TypeParam> l{1};
  lockstep::cancel_scope scope;
  auto blocked = support::run([&] { return l.wait(scope.context()); });
  blocked.until_blocked();
  scope.cancel();
  EXPECT_EQ(blocked.join(), status::cancelled);
  EXPECT_EQ(l.wait(scope.context()), status::cancelled);
  EXPECT_FALSE(l.try_wait());
}

TYPED_TEST(latch_test, cannot_be_counted_below_zero) {
  const support::contracts_throw contracts;
  lockstep::basic_latch<TypeParam> l{1};
  EXPECT_THROW(l.count_down(2), support::contracts_throw::violation);
  EXPECT_FALSE(l.try_wait());  // the broken call did nothing
  l.count_down();
  EXPECT_THROW(l.count_down(), support::contracts_throw::violation);
  EXPECT_TRUE(l.try_wait());
}

TYPED_TEST(latch_test, cannot_be_counted_below_zero_behind_a_waiter) {
  const support::contracts_throw contracts;
  lockstep::basic_latch<TypeParam> l{1};
  auto blocked = support::run([&] { l.wait(); });
  blocked.until_blocked();
  EXPECT_THROW(l.count_down(2), support::contracts_throw::violation);
  blocked.until_blocked();
  l.count_down();
  blocked.join();
}

TYPED_TEST(latch_test, takes_no_negative_numbers) {
  const support::contracts_throw contracts;
  EXPECT_THROW(lockstep::basic_latch<TypeParam>{-1}, support::contracts_throw::violation);
  lockstep::basic_latch<TypeParam> l{1};
  EXPECT_THROW(l.count_down(-1), support::contracts_throw::violation);
}

TYPED_TEST(latch_test, stays_where_it_is) {
  using latch = lockstep::basic_latch<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<latch> || std::is_copy_assignable_v<latch>);
  EXPECT_FALSE(std::is_move_constructible_v<latch> || std::is_move_assignable_v<latch>);
}

TYPED_TEST(latch_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::basic_latch<TypeParam>>(1);
    auto blocked = support::run([&l = *owner] { l.wait(); });
    blocked.until_blocked();
    EXPECT_EQ(owner->try_wait_for(0s), status::timeout);  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a latch is destroyed with waiters");
}

}  // namespace
