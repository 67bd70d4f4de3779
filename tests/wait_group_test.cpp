#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/wait_group.hpp>

#include "support/world.hpp"

namespace {

TEST(wait_group_test, lets_the_crash_win_when_an_exception_leaves_a_task) {
  RecordProperty("statements", "WG-6");
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fail = [] {
    lockstep::wait_group wg;
    wg.go("worker", [] { throw std::runtime_error{"lost"}; });
    wg.wait();  // does not return: the task is not counted out
    std::_Exit(0);
  };
  EXPECT_DEATH(fail(), "an exception left a detached task");
}

TEST(wait_group_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::wait_group>();
    owner->add();
    auto blocked = support::run([&wg = *owner] { wg.wait(); });
    blocked.until_blocked();
    EXPECT_EQ(owner->try_wait_for(std::chrono::seconds{0}),
              lockstep::status::timeout);  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a wait group is destroyed with waiters");
}

}  // namespace
