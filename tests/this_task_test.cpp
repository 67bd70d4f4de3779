#include "lockstep/this_task.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <lockstep/context.hpp>
#include <lockstep/go.hpp>
#include <string>

#include "support/world.hpp"

namespace {

using lockstep::cancel_scope;
using lockstep::status;
using support::run;
namespace this_task = lockstep::this_task;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(this_task_test, sleeps_at_least_as_long_as_asked) {
  const auto begin = steady_clock::now();
  this_task::sleep_for(2ms);
  EXPECT_GE(steady_clock::now() - begin, 2ms);
  this_task::sleep_for(std::chrono::duration<double>{0.001});
  EXPECT_GE(steady_clock::now() - begin, 3ms);
}

TEST(this_task_test, sleeps_until_a_point_on_any_clock) {
  const auto steady = steady_clock::now() + 2ms;
  this_task::sleep_until(steady);
  EXPECT_GE(steady_clock::now(), steady);
  const auto system = std::chrono::system_clock::now() + 2ms;
  const auto begin = steady_clock::now();
  this_task::sleep_until(system);
  EXPECT_GT(steady_clock::now(), begin);
}

TEST(this_task_test, does_not_sleep_for_times_that_are_over) {
  this_task::sleep_for(0s);
  this_task::sleep_for(-1h);
  this_task::sleep_until(steady_clock::now() - 1h);
  this_task::sleep_until(lockstep::time_point{});
  EXPECT_EQ(this_task::sleep_for(lockstep::background(), -1h), status::ok);
}

TEST(this_task_test, a_full_sleep_with_a_context_is_ok) {
  cancel_scope scope{1h};
  const auto begin = steady_clock::now();
  EXPECT_EQ(this_task::sleep_for(scope.context(), 2ms), status::ok);
  EXPECT_GE(steady_clock::now() - begin, 2ms);
  EXPECT_EQ(this_task::sleep_for(lockstep::background(), 1ms), status::ok);
}

TEST(this_task_test, a_sleep_ends_with_its_context) {
  cancel_scope scope;
  auto sleeper = run([&] { return this_task::sleep_for(scope.context(), 1h); });
  sleeper.until_blocked();
  scope.cancel();
  EXPECT_EQ(sleeper.join(), status::cancelled);
  EXPECT_EQ(this_task::sleep_for(scope.context(), 1h), status::cancelled);
  EXPECT_EQ(this_task::sleep_for(scope.context(), 0s), status::cancelled);
}

TEST(this_task_test, a_deadline_of_the_context_ends_a_longer_sleep_as_timeout) {
  cancel_scope scope{2ms};
  EXPECT_EQ(this_task::sleep_for(scope.context(), 1h), status::timeout);
  EXPECT_EQ(this_task::sleep_for(scope.context(), lockstep::duration::max()), status::timeout);
}

TEST(this_task_test, a_task_knows_its_name) {
  const auto name = [] { return std::string{this_task::name()}; };
  EXPECT_EQ(lockstep::spawn("worker", name).join(), "worker");
  EXPECT_EQ(lockstep::spawn(name).join(), "");
}

TEST(this_task_test, a_thread_that_the_library_did_not_start_has_no_name) {
  EXPECT_STREQ(this_task::name(), "");
}

TEST(this_task_test, yield_returns) { this_task::yield(); }

}  // namespace
