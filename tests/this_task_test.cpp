#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/this_task.hpp>

namespace {

TEST(this_task_test, a_thread_that_the_library_did_not_start_has_no_name) {
  EXPECT_STREQ(lockstep::this_task::name(), "");
}

}  // namespace
