#include "lockstep/coord/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <lockstep/concepts.hpp>
#include <lockstep/select.hpp>

#include "named_world.hpp"
#include "support/world.hpp"

namespace {

using lockstep::status;
using support::run;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

static_assert(lockstep::waitable<lockstep::coord::gate>);

using gate_test = support::named_world;

TEST_F(gate_test, is_open_at_first) {
  sync.gate("g").wait();
  EXPECT_TRUE(sync.gate("g").try_wait());
}

TEST_F(gate_test, lets_nobody_through_from_set_to_unset) {
  auto g = sync.gate("g");
  const auto epoch = g.set();
  EXPECT_FALSE(other.gate("g").try_wait());
  EXPECT_EQ(lockstep::select(on_ready(g), lockstep::on_default()).index, 1U);
  auto waits = run([this] { other.gate("g").wait(); });
  waits.until_blocked();
  EXPECT_TRUE(g.unset(epoch));
  waits.join();
  EXPECT_EQ(lockstep::select(on_ready(g)).index, 0U);
}

TEST_F(gate_test, is_closed_once_however_often_it_is_set) {
  const auto epoch = sync.gate("g").set();
  EXPECT_EQ(other.gate("g").set(), epoch);
  EXPECT_TRUE(sync.gate("g").unset(epoch));
  EXPECT_GT(other.gate("g").set(), epoch);
}

TEST_F(gate_test, is_not_opened_by_who_closed_it_before_another_did) {
  auto g = sync.gate("g");
  const auto mine = g.set();
  other.gate("g").unset_any();
  const auto others = other.gate("g").set();
  EXPECT_FALSE(g.unset(mine));
  EXPECT_FALSE(g.try_wait());
  EXPECT_TRUE(g.unset(others));
  EXPECT_FALSE(g.unset(others));
}

TEST_F(gate_test, the_end_of_an_epoch_is_never_missed) {
  auto g = sync.gate("g");
  const auto epoch = g.set();
  auto waits = run([&] { g.end_of(epoch).wait(); });
  waits.until_blocked();
  g.unset(epoch);
  g.set();  // closed again, perhaps before the other looks
  waits.join();
  g.end_of(epoch).wait();
}

TEST_F(gate_test, opening_what_is_open_changes_nothing) {
  auto g = sync.gate("g");
  g.unset_any();
  const auto epoch = g.set();
  auto end = g.end_of(epoch);
  EXPECT_FALSE(end.try_wait());
}

TEST_F(gate_test, says_for_how_long_it_was_closed) {
  auto g = sync.gate("g");
  const auto epoch = g.set();
  EXPECT_THAT(g.try_wait_for(1ms).text(), MatchesRegex("gate 'g': closed after .*"));
  EXPECT_THAT(g.end_of(epoch).try_wait_for(1ms).text(),
              MatchesRegex("gate 'g': still epoch " + std::to_string(epoch) + " after .*"));
}

TEST_F(gate_test, ends_with_the_session) {
  auto g = sync.gate("g");
  const auto epoch = g.set();
  auto waits = run([&] { return error_of([&] { g.wait(); }).first; });
  auto end = run([&] { return error_of([&] { g.end_of(epoch).wait(); }).first; });
  waits.until_blocked();
  end.until_blocked();
  world->end();
  EXPECT_EQ(waits.join(), status::session_lost);
  EXPECT_EQ(end.join(), status::session_lost);
  EXPECT_EQ(error_of([&] { g.set(); }).first, status::session_lost);
  EXPECT_EQ(error_of([&] { g.unset(epoch); }).first, status::session_lost);
}

}  // namespace
