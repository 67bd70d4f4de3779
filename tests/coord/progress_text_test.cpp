#include "lockstep/coord/progress_text.hpp"

#include <gtest/gtest.h>

#include <lockstep/backend/local.hpp>
#include <lockstep/coord/scope.hpp>
#include <memory>

namespace {

namespace coord = lockstep::coord;

struct bell : lockstep::detail::alarm {
  bell() : alarm{[](alarm&) noexcept { return true; }, [](alarm&) noexcept {}} {}
};

struct progress_text_test : ::testing::Test {
  std::shared_ptr<coord::local_world> world = std::make_shared<coord::local_world>();
  coord::scope run{world, "run", 0, 4};
  coord::counter& state = world->counter_named("state");
};

// The text of a counter is kept for others who ask: it has to follow everything that it tells.
TEST_F(progress_text_test, tells_what_has_changed_since_it_was_told) {
  EXPECT_EQ(progress_text(run, state, 4), "0 of 4, missing instances 0, 1, 2, 3");
  static_cast<void>(state.add(1, 2));
  EXPECT_EQ(progress_text(run, state, 4), "1 of 4, missing instances 0, 1, 3");
  bell one;
  ASSERT_FALSE(state.arm(4, 1, one));
  EXPECT_EQ(progress_text(run, state, 4), "1 of 4, missing instances 0, 3");
  state.disarm(one);
  EXPECT_EQ(progress_text(run, state, 4), "1 of 4, missing instances 0, 1, 3");
}

TEST_F(progress_text_test, names_those_again_who_were_released_and_have_not_signalled) {
  bell early, late;
  ASSERT_FALSE(state.arm(1, 0, early));
  ASSERT_FALSE(state.arm(9, 1, late));
  EXPECT_EQ(progress_text(run, state, 9), "0 of 9, missing instances 2, 3");
  static_cast<void>(state.add(1, 2));
  EXPECT_EQ(progress_text(run, state, 9), "1 of 9, missing instances 0, 3");
  state.disarm(late);
}

TEST_F(progress_text_test, is_that_of_the_target_the_run_and_the_counter_that_are_asked_for) {
  EXPECT_EQ(progress_text(run, state, 4), "0 of 4, missing instances 0, 1, 2, 3");
  EXPECT_EQ(progress_text(run, state, 5), "0 of 5, missing instances 0, 1, 2, 3");
  const coord::scope smaller{world, "run", 0, 2};
  EXPECT_EQ(progress_text(smaller, state, 5), "0 of 5, missing instances 0, 1");
  coord::counter& other = world->counter_named("other");
  static_cast<void>(other.add(1, 0));
  EXPECT_EQ(progress_text(smaller, other, 5), "1 of 5, missing instance 1");
}

}  // namespace
