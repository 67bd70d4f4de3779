#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/shared_mutex.hpp>
#include <lockstep/testing/shared_mutex_select.hpp>
#include <lockstep/testing/shared_mutex_timed.hpp>
#include <memory>

#include "support/world.hpp"

namespace {

TEST(shared_mutex_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::shared_mutex>();
    owner->lock_shared();
    auto blocked = support::run([&m = *owner] { m.lock(); });
    blocked.until_blocked();
    EXPECT_FALSE(owner->try_lock_for(std::chrono::seconds{0}));  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a shared mutex is destroyed with waiters");
}

}  // namespace
