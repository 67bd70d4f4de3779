#include "lockstep/coord/shared_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "named_world.hpp"
#include "support/world.hpp"

namespace {

using lockstep::status;
using support::run;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

using shared_value_test = support::named_world;

TEST_F(shared_value_test, there_is_none_at_first) {
  EXPECT_FALSE(sync.value<int>("v").get().has_value());
  EXPECT_EQ(sync.value<int>("v").version(), 0U);
}

TEST_F(shared_value_test, everybody_sees_what_was_set_last) {
  auto v = sync.value<std::string>("v");
  const auto first = v.set("a");
  const auto second = other.value<std::string>("v").set("b");
  EXPECT_GT(second, first);
  ASSERT_TRUE(v.get().has_value());
  EXPECT_EQ(v.get()->value, "b");
  EXPECT_EQ(v.get()->version, second);
}

TEST_F(shared_value_test, of_those_who_set_it_first_one_wins) {
  std::atomic<int> winners{0};
  std::vector<std::thread> racers;
  for (std::uint64_t i = 0; i < 8; ++i) {
    racers.emplace_back([&, i] {
      if (instance(i).value<std::uint64_t>("v").set_if_absent(i)) ++winners;
    });
  }
  for (auto& r : racers) r.join();
  EXPECT_EQ(winners, 1);
}

TEST_F(shared_value_test, is_changed_only_if_it_is_the_one_that_was_seen) {
  auto v = sync.value<int>("v");
  const auto seen = v.set(1);
  const auto changed = v.set_if(seen, 2);
  ASSERT_TRUE(changed);
  const auto late = other.value<int>("v").set_if(seen, 3);
  EXPECT_EQ(late.status(), status::conflict);
  EXPECT_THAT(late.text(), HasSubstr("value 'v': it is another by now"));
  EXPECT_EQ(v.get()->value, 2);
  EXPECT_EQ(v.erase_if(seen).status(), status::conflict);
  EXPECT_TRUE(v.erase_if(*changed));
  EXPECT_FALSE(v.get().has_value());
}

TEST_F(shared_value_test, a_version_never_comes_back_with_another_value) {
  auto v = sync.value<int>("v");
  const auto first = v.set(1);
  const auto erased = v.erase();
  const auto second = v.set(1);
  EXPECT_GT(erased, first);
  EXPECT_GT(second, erased);
  EXPECT_EQ(v.set_if(first, 2).status(), status::conflict);
}

TEST_F(shared_value_test, a_change_is_waited_for) {
  auto v = sync.value<int>("v");
  const auto seen = v.set(1);
  EXPECT_FALSE(v.after(seen).try_wait());
  auto waits = run([&] { v.after(seen).wait(); });
  waits.until_blocked();
  other.value<int>("v").erase();
  waits.join();
  v.after(0).wait();
  EXPECT_THAT(v.after(v.version()).try_wait_for(1ms).text(),
              MatchesRegex("value 'v': still version .* after .*"));
}

TEST_F(shared_value_test, is_of_one_type) {
  sync.value<int>("v").set(1);
  auto wrong = other.value<std::string>("v");
  EXPECT_THAT(error_of([&] { wrong.set("a"); }),
              ::testing::Pair(status::mismatch, HasSubstr("value 'v': it holds int, not ")));
  EXPECT_EQ(error_of([&] { static_cast<void>(wrong.get()); }).first, status::mismatch);
  EXPECT_EQ(sync.value<int>("v").get()->value, 1);
}

TEST_F(shared_value_test, ends_with_the_session) {
  auto v = sync.value<int>("v");
  const auto seen = v.set(1);
  auto waits = run([&] { return error_of([&] { v.after(seen).wait(); }).first; });
  waits.until_blocked();
  world->end();
  EXPECT_EQ(waits.join(), status::session_lost);
  EXPECT_EQ(error_of([&] { v.set(2); }).first, status::session_lost);
}

TEST_F(shared_value_test, refuses_what_earlier_owners_write) {
  auto v = sync.value<int>("fenced");
  EXPECT_EQ(v.set_fenced(0, 1).status(), lockstep::status::stale_token) << "of no owner";
  EXPECT_EQ(v.fence(0).status(), lockstep::status::stale_token);
  EXPECT_TRUE(v.set_fenced(5, 1));
  EXPECT_TRUE(v.set_fenced(5, 2));
  EXPECT_EQ(v.set_fenced(4, 3).status(), lockstep::status::stale_token);
  EXPECT_TRUE(other.value<int>("fenced").fence(7));
  EXPECT_EQ(v.set_fenced(6, 3).status(), lockstep::status::stale_token);
  EXPECT_EQ(v.get()->value, 2);
}

}  // namespace
