#include <lockstep/condition_variable.hpp>
// The header above declares std::cv_status by itself; what comes below defines it.
#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/condition_variable.hpp>
#include <type_traits>

#include "support/world.hpp"

namespace {

static_assert(std::is_same_v<std::underlying_type_t<std::cv_status>, int>);
static_assert(static_cast<int>(std::cv_status::no_timeout) == 0);
static_assert(static_cast<int>(std::cv_status::timeout) == 1);

TEST(condition_variable_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    lockstep::mutex m;
    auto owner = std::make_unique<lockstep::condition_variable>();
    auto blocked = support::run([&m, &doomed = *owner] {
      std::unique_lock hold{m};
      doomed.wait(hold);
    });
    blocked.until_blocked();
    std::unique_lock hold{m};
    EXPECT_EQ(owner->wait_for(hold, std::chrono::seconds{0}),
              std::cv_status::timeout);  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a condition variable is destroyed with waiters");
}

}  // namespace
