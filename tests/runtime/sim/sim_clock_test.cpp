#include "lockstep/runtime/sim/sim_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "support/world.hpp"

namespace {

using lockstep::detail::sim_clock;
using lockstep::sim::clock_error;
using namespace std::chrono_literals;

TEST(sim_clock_test, without_an_error_shows_true_time) {
  const sim_clock c{{}, 0s, 0s};
  EXPECT_EQ(c.steady(5s), 5s);
  EXPECT_EQ(c.truth(5s), 5s);
  EXPECT_EQ(c.date(5s), 5s);
}

TEST(sim_clock_test, gains_and_loses_by_its_rate) {
  EXPECT_EQ((sim_clock{{.rate_ppm = 100}, 0s, 0s}.steady(1h)), 1h + 360ms);
  EXPECT_EQ((sim_clock{{.rate_ppm = -250'000}, 0s, 0s}.steady(4s)), 3s);
}

TEST(sim_clock_test, counts_on_from_where_it_was_set) {
  const sim_clock c{{.rate_ppm = 500'000}, 10s, 12s};
  EXPECT_EQ(c.steady(10s), 12s);
  EXPECT_EQ(c.steady(12s), 15s);
  EXPECT_EQ(c.truth(15s), 12s);
}

TEST(sim_clock_test, an_offset_and_steps_change_the_date_alone) {
  const sim_clock c{{.offset = 1s, .steps = {{5s, -3s}, {7s, 10s}}}, 0s, 0s};
  EXPECT_EQ(c.steady(9s), 9s);
  EXPECT_EQ(c.date(4s), 5s);
  EXPECT_EQ(c.date(5s), 3s);
  EXPECT_EQ(c.date(7s), 15s);
}

TEST(sim_clock_test, a_deadline_is_reached_at_the_first_moment_at_which_the_clock_shows_it) {
  for (const std::int64_t rate : {-999'999, -123'457, -1, 0, 1, 77, 333'333, 999'999}) {
    const sim_clock c{{.rate_ppm = rate}, 17ns, 5ns};
    for (const auto shown : {6ns, 7ns, 1'000ns, 123'456'789ns, 3'600'000'000'001ns}) {
      const auto at = c.truth(shown);
      EXPECT_GE(c.steady(at), shown) << rate;
      EXPECT_LT(c.steady(at - 1ns), shown) << rate;
    }
  }
}

TEST(sim_clock_test, shows_what_is_too_far_away_never) {
  const sim_clock slow{{.rate_ppm = -999'999}, 1h, 1h};
  EXPECT_EQ(slow.truth(lockstep::duration::max()), lockstep::duration::max());
}

TEST(sim_clock_test, has_to_go_on) {
  const support::contracts_throw guard;
  for (const std::int64_t rate : {-1'000'000, 1'000'000}) {
    EXPECT_ANY_THROW((sim_clock{{.rate_ppm = rate}, 0s, 0s}));
  }
}

}  // namespace
