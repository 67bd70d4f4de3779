#include "lockstep/coord/shared_counter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <vector>

#include "named_world.hpp"
#include "support/world.hpp"

namespace {

using lockstep::status;
using support::run;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

using shared_counter_test = support::named_world;

TEST_F(shared_counter_test, adds_up_what_all_add) {
  auto c = sync.counter("n");
  EXPECT_EQ(c.get(), 0U);
  EXPECT_EQ(c.add(), 1U);
  EXPECT_EQ(other.counter("n").add(10), 11U);
  EXPECT_EQ(c.get(), 11U);
  EXPECT_EQ(sync.counter("m").get(), 0U);
}

TEST_F(shared_counter_test, gives_each_number_once) {
  constexpr int each = 1000;
  const auto draw = [this](std::uint64_t who) {
    auto c = instance(who).counter("n");
    std::vector<std::uint64_t> drawn;
    for (int i = 0; i < each; ++i) drawn.push_back(c.add());
    return drawn;
  };
  auto a = run([&] { return draw(1); });
  auto b = run([&] { return draw(2); });
  std::set<std::uint64_t> all;
  for (const auto n : a.join()) all.insert(n);
  for (const auto n : b.join()) all.insert(n);
  EXPECT_EQ(all.size(), 2U * each);
  EXPECT_EQ(*all.rbegin(), 2U * each);
}

TEST_F(shared_counter_test, a_number_is_waited_for) {
  auto c = sync.counter("n");
  auto waits = run([&] { c.at_least(5).wait(); });
  waits.until_blocked();
  c.add(4);
  EXPECT_FALSE(c.at_least(5).try_wait());
  other.counter("n").add(7);
  waits.join();
  EXPECT_THAT(c.at_least(20).try_wait_for(1ms).text(),
              MatchesRegex("counter 'n': 11 of 20 after [^,]*"));
}

TEST_F(shared_counter_test, refuses_negative_numbers_and_too_large_ones) {
  auto c = sync.counter("n");
  c.add(5);
  EXPECT_EQ(error_of([&] { c.add(std::uint64_t{3} - 4); }).first, status::unsupported);
  EXPECT_EQ(error_of([&] { c.add(~std::uint64_t{0} >> 1U); }).first, status::unsupported);
  EXPECT_EQ(c.get(), 5U);
}

TEST_F(shared_counter_test, ends_with_the_session) {
  auto c = sync.counter("n");
  world->end();
  EXPECT_EQ(error_of([&] { c.add(); }).first, status::session_lost);
}

}  // namespace
