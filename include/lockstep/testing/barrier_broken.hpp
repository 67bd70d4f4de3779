// barrier_broken.hpp: how a barrier breaks, whom that concerns, and how it is mended (BA-4..9, 11).
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "../barrier.hpp"
#include "../context.hpp"
#include "../error.hpp"
#include "../latch.hpp"
#include "barrier_fixture.hpp"

namespace lockstep::testing {

template <class R>
struct barrier_broken_suite : barrier_fixture<R> {
  // Breaks b by a party that does not wait.
  static void break_by_timeout(basic_barrier<R>& b) {
    EXPECT_EQ(b.arrive_and_wait_for(0s), status::timeout);
    EXPECT_TRUE(b.broken());
  }
};
TYPED_TEST_SUITE(barrier_broken_suite, runtimes, suite_names);

TYPED_TEST(barrier_broken_suite, breaks_when_a_party_runs_out_of_time) {
  this->proves("BA-5");
  basic_barrier<TypeParam> b{3};
  auto waiting = this->party(b);
  EXPECT_EQ(b.arrive_and_wait_for(1ms), status::timeout);
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_TRUE(b.broken());
}

TYPED_TEST(barrier_broken_suite, breaks_when_the_context_of_a_party_is_cancelled) {
  this->proves("BA-5");
  basic_barrier<TypeParam> b{3};
  cancel_scope scope;
  auto waiting = this->party(b);
  auto cancelled = this->party(b, scope);
  scope.cancel();
  EXPECT_EQ(cancelled.join(), status::cancelled);
  EXPECT_EQ(waiting.join(), status::broken);
}

TYPED_TEST(barrier_broken_suite, breaks_when_a_party_comes_with_a_context_that_has_ended) {
  this->proves("BA-5");
  basic_barrier<TypeParam> b{2};
  cancel_scope scope;
  scope.cancel();
  auto waiting = this->party(b);
  EXPECT_EQ(b.arrive_and_wait(scope.context()), status::cancelled);
  EXPECT_EQ(waiting.join(), status::broken);
}

TYPED_TEST(barrier_broken_suite, turns_everyone_away_once_it_is_broken) {
  this->proves("BA-7");
  basic_barrier<TypeParam> b{3};
  auto before = b.arrive();
  this->break_by_timeout(b);
  EXPECT_EQ(this->thrown_by([&] { b.arrive_and_wait(); }), status::broken);
  EXPECT_EQ(this->thrown_by([&] { static_cast<void>(b.arrive()); }), status::broken);
  EXPECT_EQ(this->thrown_by([&] { b.wait(std::move(before)); }), status::broken);
  EXPECT_EQ(b.arrive_and_wait_for(1h), status::broken);
  EXPECT_EQ(b.arrive_and_wait(background()), status::broken);
}

TYPED_TEST(barrier_broken_suite, tells_those_who_wait_for_an_arrival_that_it_broke) {
  this->proves("BA-5");
  basic_barrier<TypeParam> b{3};
  auto waiting = this->waiter(b, b.arrive());
  this->break_by_timeout(b);
  EXPECT_THROW(waiting.join(), error);
}

TYPED_TEST(barrier_broken_suite,
           breaks_when_the_completion_throws_and_the_last_party_gets_the_exception) {
  this->proves("BA-6");
  basic_barrier<TypeParam> b{2, [] { throw std::runtime_error{"completion"}; }};
  auto waiting = this->party(b);
  EXPECT_THROW(b.arrive_and_wait(), std::runtime_error);
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_TRUE(b.broken());
}

TYPED_TEST(barrier_broken_suite, breaks_for_a_party_that_gave_up_when_the_completion_then_throws) {
  this->proves("BA-6");
  basic_latch<TypeParam> fail{1};
  basic_barrier<TypeParam> b{2, [&] {
                               fail.wait();
                               throw std::runtime_error{"completion"};
                             }};
  cancel_scope scope;
  auto impatient = this->party(b, scope);
  auto last = this->party(b);  // within the completion
  scope.cancel();
  impatient.until_blocked();
  fail.count_down();
  EXPECT_EQ(impatient.join(), status::broken);
  EXPECT_THROW(last.join(), std::runtime_error);
}

// All have arrived: a party whose time runs out only now is not missing.
TYPED_TEST(barrier_broken_suite, lets_a_party_pass_that_gives_up_while_the_completion_runs) {
  this->proves("BA-11");
  basic_latch<TypeParam> complete{1};
  basic_barrier<TypeParam> b{2, [&] { complete.wait(); }};
  cancel_scope scope;
  auto impatient = this->party(b, scope);
  auto last = this->party(b);  // within the completion
  scope.cancel();
  impatient.until_blocked();  // for the end of the phase
  complete.count_down();
  EXPECT_EQ(impatient.join(), status::ok);
  EXPECT_EQ(last.join(), status::ok);
  EXPECT_FALSE(b.broken());
}

TYPED_TEST(barrier_broken_suite, can_be_used_again_after_a_reset) {
  this->proves("BA-8");
  int completions = 0;
  basic_barrier<TypeParam> b{2, [&] { ++completions; }};
  this->break_by_timeout(b);
  b.reset();
  EXPECT_FALSE(b.broken());
  auto other = this->party(b);  // all parties are missing again
  b.arrive_and_wait();
  EXPECT_EQ(other.join(), status::ok);
  EXPECT_EQ(completions, 1);
}

TYPED_TEST(barrier_broken_suite, sends_those_who_wait_away_at_a_reset) {
  this->proves("BA-8");
  basic_barrier<TypeParam> b{2};
  auto waiting = this->party(b);
  b.reset();
  EXPECT_EQ(waiting.join(), status::broken);
  EXPECT_FALSE(b.broken());
}

TYPED_TEST(barrier_broken_suite, remembers_a_drop_across_a_reset) {
  this->proves("BA-4");
  basic_barrier<TypeParam> b{2};
  this->break_by_timeout(b);
  b.arrive_and_drop();
  b.reset();
  EXPECT_EQ(b.arrive_and_wait_for(0s), status::ok);
}

TYPED_TEST(barrier_broken_suite, an_arrival_that_a_reset_threw_away_is_broken) {
  this->proves("BA-9");
  basic_barrier<TypeParam> b{2};
  const auto thrown_away = b.arrive();
  b.reset();
  EXPECT_EQ(b.wait(background(), thrown_away), status::broken);
  const auto both = b.arrive(2);
  EXPECT_EQ(b.wait(background(), both), status::ok);
  EXPECT_EQ(b.wait(background(), thrown_away), status::broken);
}

TYPED_TEST(barrier_broken_suite, an_arrival_before_two_resets_is_broken) {
  this->proves("BA-9");
  basic_barrier<TypeParam> b{2};
  const auto thrown_away = b.arrive();
  b.reset();
  b.reset();
  EXPECT_EQ(b.wait(background(), thrown_away), status::broken);
}

TYPED_TEST(barrier_broken_suite, a_reset_while_the_completion_runs_breaks_that_phase_only) {
  this->proves("BA-9");
  basic_barrier<TypeParam>* self = nullptr;
  int rounds = 0;
  basic_barrier<TypeParam> b{1, [&] {
                               if (++rounds == 1) self->reset();
                             }};
  self = &b;
  EXPECT_EQ(b.arrive_and_wait(background()), status::broken);
  EXPECT_EQ(b.arrive_and_wait(background()), status::ok);
  EXPECT_EQ(rounds, 2);
}

TYPED_TEST(barrier_broken_suite,
           parties_released_by_a_reset_may_arrive_again_while_the_completion_runs) {
  this->proves("BA-9");
  basic_latch<TypeParam> go_on{1};
  int rounds = 0;
  basic_barrier<TypeParam> b{2, [&] {
                               if (++rounds == 1) go_on.wait();
                             }};
  auto first = this->party(b);
  auto last = this->party(b);  // within the completion
  b.reset();
  EXPECT_EQ(first.join(), status::broken);
  auto again = this->party(b);
  go_on.count_down();
  EXPECT_EQ(last.join(), status::broken);
  EXPECT_EQ(b.arrive_and_wait(background()), status::ok);
  EXPECT_EQ(again.join(), status::ok);
}

}  // namespace lockstep::testing
