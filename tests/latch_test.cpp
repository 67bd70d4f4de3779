#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/latch.hpp>

#include "support/world.hpp"

namespace {

TEST(latch_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::latch>(1);
    auto blocked = support::run([&l = *owner] { l.wait(); });
    blocked.until_blocked();
    EXPECT_EQ(owner->try_wait_for(std::chrono::seconds{0}),
              lockstep::status::timeout);  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a latch is destroyed with waiters");
}

}  // namespace
