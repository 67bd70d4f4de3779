#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/event.hpp>
#include <memory>

#include "support/world.hpp"

namespace {

TEST(event_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::event>();
    auto blocked = support::run([&e = *owner] { e.wait(); });
    blocked.until_blocked();
    EXPECT_EQ(owner->try_wait_for(std::chrono::seconds{0}),
              lockstep::status::timeout);  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "an event is destroyed with waiters");
}

}  // namespace
