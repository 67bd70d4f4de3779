#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/task_group.hpp>
#include <lockstep/testing/task_group_limit.hpp>

namespace {

// EG-5: unlike an exception, what would be a panic in Go is not carried to the waiter.
TEST(task_group_test, lets_a_broken_contract_end_the_program_where_it_happens) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fail = [] {
    lockstep::task_group g;
    g.go("clumsy", [] { lockstep::latch{0}.count_down(); });
    static_cast<void>(g.wait(lockstep::background()));
    std::_Exit(0);
  };
  EXPECT_DEATH(fail(), "a latch is counted below zero.*task 'clumsy'");
}

}  // namespace
