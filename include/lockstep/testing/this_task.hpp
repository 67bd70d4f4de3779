// this_task.hpp: what a task can do about itself. It does so as a task of `any`, so the runtime has
// to be the current one in its tasks.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "../context.hpp"
#include "../go.hpp"
#include "../latch.hpp"
#include "../this_task.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct this_task_suite : suite<R> {};
TYPED_TEST_SUITE(this_task_suite, runtimes, suite_names);

TYPED_TEST(this_task_suite, sleeps_at_least_as_long_as_asked) {
  const auto begin = any_runtime::now();
  this_task::sleep_for(2ms);
  EXPECT_GE(any_runtime::now() - begin, 2ms);
  this_task::sleep_for(std::chrono::duration<double>{0.001});
  EXPECT_GE(any_runtime::now() - begin, 3ms);
}

TYPED_TEST(this_task_suite, sleeps_until_a_point_on_any_clock) {
  const auto end = any_runtime::now() + 2ms;
  this_task::sleep_until(end);
  EXPECT_GE(any_runtime::now(), end);
  this_task::sleep_until(std::chrono::system_clock::now() + 2ms);
  EXPECT_GT(any_runtime::now(), end);
}

TYPED_TEST(this_task_suite, does_not_sleep_for_times_that_are_over) {
  this_task::sleep_for(0s);
  this_task::sleep_for(-1h);
  this_task::sleep_until(any_runtime::now() - 1h);
  this_task::sleep_until(time_point{});
  EXPECT_EQ(this_task::sleep_for(background(), -1h), status::ok);
}

TYPED_TEST(this_task_suite, a_full_sleep_with_a_context_is_ok) {
  const cancel_scope scope{1h};
  const auto begin = any_runtime::now();
  EXPECT_EQ(this_task::sleep_for(scope.context(), 2ms), status::ok);
  EXPECT_GE(any_runtime::now() - begin, 2ms);
  EXPECT_EQ(this_task::sleep_for(background(), 1ms), status::ok);
}

TYPED_TEST(this_task_suite, a_sleep_ends_with_its_context) {
  cancel_scope scope;
  basic_latch<TypeParam> begun{1};
  auto sleeper = this->run([&] {
    begun.count_down();
    return this_task::sleep_for(scope.context(), 1h);
  });
  begun.wait();
  this->pause(1ms);  // asleep or not yet: the same comes of it
  scope.cancel();
  EXPECT_EQ(sleeper.join(), status::cancelled);
  EXPECT_EQ(this_task::sleep_for(scope.context(), 1h), status::cancelled);
  EXPECT_EQ(this_task::sleep_for(scope.context(), 0s), status::cancelled);
}

TYPED_TEST(this_task_suite, a_deadline_of_the_context_ends_a_longer_sleep_as_timeout) {
  const cancel_scope scope{2ms};
  EXPECT_EQ(this_task::sleep_for(scope.context(), 1h), status::timeout);
  EXPECT_EQ(this_task::sleep_for(scope.context(), duration::max()), status::timeout);
}

TYPED_TEST(this_task_suite, a_task_knows_its_name) {
  const auto name = [] { return std::string{this_task::name()}; };
  EXPECT_EQ(spawn<TypeParam>("worker", name).join(), "worker");
  EXPECT_EQ(spawn<TypeParam>(name).join(), "");
}

TYPED_TEST(this_task_suite, yield_returns) { this_task::yield(); }

}  // namespace lockstep::testing
