// latch.hpp: what a latch does (LA).
#pragma once

#include <gtest/gtest.h>

#include <type_traits>

#include "../context.hpp"
#include "../latch.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct latch_suite : suite<R> {};
TYPED_TEST_SUITE(latch_suite, runtimes, suite_names);

TYPED_TEST(latch_suite, opens_when_its_count_reaches_zero) {
  this->proves("LA-2 LA-7");
  basic_latch<TypeParam> l{2};
  EXPECT_FALSE(l.try_wait());
  l.count_down();
  EXPECT_FALSE(l.try_wait());
  l.count_down();
  EXPECT_TRUE(l.try_wait());
}

TYPED_TEST(latch_suite, stays_open) {
  this->proves("LA-4");
  basic_latch<TypeParam> l{1};
  l.count_down();
  for (int i = 0; i < 3; ++i) l.wait();
  EXPECT_EQ(l.try_wait_for(0s), status::ok);
  EXPECT_EQ(l.try_wait_until(TypeParam::now()), status::ok);
  EXPECT_EQ(l.wait(background()), status::ok);
  EXPECT_EQ(l.wait(cancel_scope{-1s}.context()), status::timeout);
}

TYPED_TEST(latch_suite, that_starts_at_zero_is_open) {
  this->proves("LA-1");
  basic_latch<TypeParam> l{0};
  EXPECT_TRUE(l.try_wait());
  l.wait();
}

TYPED_TEST(latch_suite, counts_down_by_more_than_one) {
  this->proves("LA-2");
  basic_latch<TypeParam> l{5};
  l.count_down(0);
  l.count_down(4);
  EXPECT_FALSE(l.try_wait());
  l.count_down();
  EXPECT_TRUE(l.try_wait());
}

TYPED_TEST(latch_suite, holds_every_waiter_until_it_opens) {
  this->proves("LA-2");
  basic_latch<TypeParam> l{2};
  auto plain = this->run([&] { l.wait(); });
  auto timed = this->run([&] { return l.try_wait_for(1h); });
  auto in_context = this->run([&] { return l.wait(background()); });
  l.count_down();
  plain.until_blocked();
  timed.until_blocked();
  in_context.until_blocked();
  l.count_down();
  plain.join();
  EXPECT_EQ(timed.join(), status::ok);
  EXPECT_EQ(in_context.join(), status::ok);
}

TYPED_TEST(latch_suite, makes_arrivals_meet) {
  this->proves("LA-5");
  basic_latch<TypeParam> l{3};
  auto other = this->blocked([&] { l.arrive_and_wait(2); });
  l.arrive_and_wait();
  other.join();
}

TYPED_TEST(latch_suite, shows_waiters_what_was_done_before_the_count_went_down) {
  this->proves("LA-6");
  basic_latch<TypeParam> l{2};
  int first = 0;  // not atomic: a missing happens-before is a data race
  int second = 0;
  auto a = this->run([&] {
    first = 1;
    l.count_down();
  });
  auto b = this->run([&] {
    second = 2;
    l.count_down();
  });
  l.wait();
  EXPECT_EQ(first + second, 3);
}

TYPED_TEST(latch_suite, lets_a_wait_time_out_and_opens_for_the_others) {
  this->proves("LA-8");
  basic_latch<TypeParam> l{1};
  auto patient = this->blocked([&] { l.wait(); });
  EXPECT_EQ(l.try_wait_for(1ms), status::timeout);
  EXPECT_EQ(l.try_wait_until(TypeParam::now() - 1s), status::timeout);
  EXPECT_EQ(l.wait(cancel_scope{1ms}.context()), status::timeout);
  l.count_down();
  patient.join();
}

TYPED_TEST(latch_suite, ends_a_wait_whose_context_is_cancelled) {
  this->proves("LA-8");
  basic_latch<TypeParam> l{1};
  cancel_scope scope;
  auto blocked = this->blocked([&] { return l.wait(scope.context()); });
  scope.cancel();
  EXPECT_EQ(blocked.join(), status::cancelled);
  EXPECT_EQ(l.wait(scope.context()), status::cancelled);
  EXPECT_FALSE(l.try_wait());
}

TYPED_TEST(latch_suite, cannot_be_counted_below_zero) {
  this->proves("LA-3");
  const contracts_throw contracts;
  basic_latch<TypeParam> l{1};
  EXPECT_THROW(l.count_down(2), contracts_throw::violation);
  EXPECT_FALSE(l.try_wait());  // the broken call did nothing
  l.count_down();
  EXPECT_THROW(l.count_down(), contracts_throw::violation);
  EXPECT_TRUE(l.try_wait());
}

TYPED_TEST(latch_suite, cannot_be_counted_below_zero_behind_a_waiter) {
  this->proves("LA-3");
  const contracts_throw contracts;
  basic_latch<TypeParam> l{1};
  auto blocked = this->blocked([&] { l.wait(); });
  EXPECT_THROW(l.count_down(2), contracts_throw::violation);
  blocked.until_blocked();
  l.count_down();
  blocked.join();
}

TYPED_TEST(latch_suite, takes_no_negative_numbers) {
  this->proves("LA-3");
  const contracts_throw contracts;
  EXPECT_THROW(basic_latch<TypeParam>{-1}, contracts_throw::violation);
  basic_latch<TypeParam> l{1};
  EXPECT_THROW(l.count_down(-1), contracts_throw::violation);
  l.count_down();
  EXPECT_TRUE(l.try_wait());
}

TYPED_TEST(latch_suite, stays_where_it_is) {
  using latch = basic_latch<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<latch> || std::is_copy_assignable_v<latch>);
  EXPECT_FALSE(std::is_move_constructible_v<latch> || std::is_move_assignable_v<latch>);
}

}  // namespace lockstep::testing
