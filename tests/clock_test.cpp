#include "lockstep/clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <ratio>

namespace {

using lockstep::duration;
using lockstep::never;
using lockstep::time_point;
using lockstep::detail::deadline_after;
using lockstep::detail::deadline_at;
using lockstep::detail::to_nanoseconds;
using namespace std::chrono_literals;

constexpr time_point start{1'000'000h};

// A clock of its own epoch and tick, that stands still.
struct stopped_clock {
  using rep = int;
  using period = std::ratio<1>;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<stopped_clock>;
  static time_point now() noexcept { return time_point{duration{100}}; }
};

TEST(clock_test, whole_durations_are_converted_exactly) {
  static_assert(to_nanoseconds(0s) == 0ns);
  static_assert(to_nanoseconds(3s) == 3'000'000'000ns);
  static_assert(to_nanoseconds(-3us) == -3'000ns);
  static_assert(to_nanoseconds(std::chrono::duration<int, std::ratio<86'400>>{1}) == 24h);
  static_assert(to_nanoseconds(duration::max() - 1ns) == duration::max() - 1ns);
}

TEST(clock_test, finer_durations_are_rounded_up) {
  using picoseconds = std::chrono::duration<std::int64_t, std::pico>;
  EXPECT_EQ(to_nanoseconds(picoseconds{1}), 1ns);
  EXPECT_EQ(to_nanoseconds(picoseconds{1'000}), 1ns);
  EXPECT_EQ(to_nanoseconds(picoseconds{1'001}), 2ns);
  EXPECT_EQ(to_nanoseconds(picoseconds{-1}), 0ns);
}

TEST(clock_test, floating_durations_are_rounded_up_and_saturate) {
  using seconds = std::chrono::duration<double>;
  EXPECT_EQ(to_nanoseconds(seconds{0.5}), 500ms);
  EXPECT_EQ(to_nanoseconds(seconds{1e-12}), 1ns);
  EXPECT_EQ(to_nanoseconds(seconds{-0.25}), -250ms);
  EXPECT_EQ(to_nanoseconds(seconds{1e30}), duration::max());
  EXPECT_EQ(to_nanoseconds(seconds{-1e30}), duration::min());
  EXPECT_EQ(to_nanoseconds(seconds{std::numeric_limits<double>::infinity()}), duration::max());
  EXPECT_EQ(to_nanoseconds(std::chrono::duration<float, std::milli>{1.5F}), 1'500us);
}

TEST(clock_test, durations_beyond_the_range_saturate) {
  EXPECT_EQ(to_nanoseconds(std::chrono::hours::max()), duration::max());
  EXPECT_EQ(to_nanoseconds(std::chrono::hours::min()), duration::min());
  EXPECT_EQ(to_nanoseconds(std::chrono::milliseconds::max()), duration::max());
}

TEST(clock_test, a_deadline_lies_that_far_in_the_future) {
  EXPECT_EQ(deadline_after(start, 5s), start + 5s);
  EXPECT_EQ(deadline_after(start, 0s), start);
}

TEST(clock_test, a_negative_wait_ends_at_once) {
  EXPECT_EQ(deadline_after(start, -5s), start);
  EXPECT_EQ(deadline_after(start, duration::min()), start);
  EXPECT_EQ(deadline_after(start, std::chrono::hours::min()), start);
}

TEST(clock_test, a_wait_longer_than_the_time_line_never_ends) {
  EXPECT_EQ(deadline_after(start, duration::max()), never);
  EXPECT_EQ(deadline_after(start, std::chrono::hours::max()), never);
  EXPECT_EQ(deadline_after(start, std::chrono::duration<double>{1e30}), never);
  EXPECT_EQ(deadline_after(start, duration::max() - start.time_since_epoch() - 1ns), never - 1ns);
}

TEST(clock_test, a_point_on_the_steady_clock_is_taken_as_it_is) {
  EXPECT_EQ(deadline_at(start, start + 1s), start + 1s);
  EXPECT_EQ(deadline_at(start, start - 1s), start - 1s);
  EXPECT_EQ(deadline_at(start, never), never);
  using hours = std::chrono::time_point<std::chrono::steady_clock, std::chrono::hours>;
  EXPECT_EQ(deadline_at(start, hours{1'000'001h}), start + 1h);
  EXPECT_EQ(deadline_at(start, hours::max()), never);
}

TEST(clock_test, a_point_on_another_clock_counts_by_its_distance) {
  EXPECT_EQ(deadline_at(start, stopped_clock::now() + 5s), start + 5s);
  EXPECT_EQ(deadline_at(start, stopped_clock::now() + 5ms), start + 5ms);
  EXPECT_EQ(deadline_at(start, stopped_clock::now() - 5s), start);
}

TEST(clock_test, the_ends_of_the_system_clock_are_far_away_and_over) {
  using std::chrono::system_clock;
  EXPECT_GT(deadline_at(time_point{}, system_clock::time_point::max()), time_point{1'000'000h});
  EXPECT_EQ(deadline_at(never - 1h, system_clock::time_point::max()), never);
  EXPECT_EQ(deadline_at(start, system_clock::time_point{}), start);
}

TEST(clock_test, points_at_the_ends_of_other_clocks_are_never_and_past) {
  using std::chrono::system_clock;
  using hours = std::chrono::time_point<system_clock, std::chrono::hours>;
  EXPECT_EQ(deadline_at(start, system_clock::time_point::min()), start);
  EXPECT_EQ(deadline_at(start, hours::max()), never);
  EXPECT_EQ(deadline_at(start, hours::min()), start);
}

TEST(clock_test, a_float_just_below_the_end_of_the_time_line_does_not_wrap) {
  EXPECT_GT(to_nanoseconds(std::chrono::duration<float>{9'223'371'776.F}), 292 * 365 * 24h);
}

}  // namespace
