#include "lockstep/coord/latch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <lockstep/channel.hpp>
#include <lockstep/concepts.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/select.hpp>

#include "named_world.hpp"
#include "support/world.hpp"

namespace {

using lockstep::status;
using support::run;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

static_assert(lockstep::latch_like<lockstep::latch>);
static_assert(lockstep::latch_like<lockstep::threads::latch>);
static_assert(lockstep::latch_like<lockstep::coord::latch>);

using named_latch_test = support::named_world;

// What holds for a latch that tasks share as for one that instances share.
template <lockstep::latch_like Latch>
void expect_a_latch(Latch& l) {
  EXPECT_FALSE(l.try_wait());
  EXPECT_EQ(static_cast<status>(l.try_wait_for(1ms)), status::timeout);
  lockstep::cancel_scope cancelled;
  cancelled.cancel();
  EXPECT_EQ(static_cast<status>(l.wait(cancelled.context())), status::cancelled);
  l.count_down(2);
  EXPECT_FALSE(l.try_wait());
  auto waits = run([&] { l.wait(); });
  waits.until_blocked();
  l.arrive_and_wait();
  waits.join();
  EXPECT_TRUE(l.try_wait());
  EXPECT_EQ(lockstep::select(on_ready(l)).index, 0U);
  l.wait();
}

TEST_F(named_latch_test, has_the_api_of_a_latch) {
  lockstep::latch shared_by_tasks{3};
  expect_a_latch(shared_by_tasks);
  auto shared_by_name = sync.latch("l", 3);
  expect_a_latch(shared_by_name);
}

TEST_F(named_latch_test, is_one_for_all_who_open_it) {
  sync.latch("l", 2).count_down();
  auto waits = run([this] { other.latch("l", 2).wait(); });
  waits.until_blocked();
  instance(2).latch("l", 2).count_down();
  waits.join();
}

TEST_F(named_latch_test, opened_for_nothing_is_open) { sync.latch("l", 0).wait(); }

TEST_F(named_latch_test, says_how_far_it_got_and_who_is_missing) {
  lockstep::client two = instance(2);
  sync.latch("l", 3).count_down();
  const auto late = two.latch("l", 3).try_wait_for(1ms);
  EXPECT_EQ(late.status(), status::timeout);
  EXPECT_THAT(late.text(), MatchesRegex("latch 'l': 1 of 3 after .*, missing instances 1, 3, .*"));
}

TEST_F(named_latch_test, can_only_be_opened_for_one_count) {
  auto l = sync.latch("l", 3);
  const auto [how, text] = error_of([this] { static_cast<void>(other.latch("l", 4)); });
  EXPECT_EQ(how, status::mismatch);
  EXPECT_THAT(text, HasSubstr("latch 'l': opened for 4, and elsewhere for 3"));
}

TEST_F(named_latch_test, counted_down_too_often_says_so_and_is_open) {
  auto l = sync.latch("l", 1);
  const auto [how, text] = error_of([&] { l.count_down(3); });
  EXPECT_EQ(how, status::too_many);
  EXPECT_THAT(text, HasSubstr("latch 'l': counted down 3 times, made for 1"));
  EXPECT_TRUE(l.try_wait());
}

TEST_F(named_latch_test, refuses_negative_counts) {
  EXPECT_EQ(error_of([this] { static_cast<void>(sync.latch("l", -1)); }).first,
            status::unsupported);
  auto l = sync.latch("m", 1);
  EXPECT_EQ(error_of([&] { l.count_down(-1); }).first, status::unsupported);
  EXPECT_FALSE(l.try_wait());
}

TEST_F(named_latch_test, ends_with_the_session) {
  auto l = sync.latch("l", 1);
  auto waits = run([&] { return error_of([&] { l.wait(); }).first; });
  waits.until_blocked();
  world->end();
  EXPECT_EQ(waits.join(), status::session_lost);
  EXPECT_EQ(error_of([&] { l.count_down(); }).first, status::session_lost);
  EXPECT_EQ(error_of([&] { static_cast<void>(lockstep::select(on_ready(l))); }).first,
            status::session_lost);
}

}  // namespace
