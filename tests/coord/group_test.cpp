#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/select.hpp>
#include <lockstep/wait_group.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "named_world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

struct group_test : support::named_world {
  [[nodiscard]] std::vector<std::string> values() const {
    std::vector<std::string> all;
    for (const auto& m : other.group("g").members().list) all.push_back(m.value);
    return all;
  }
};

TEST_F(group_test, lists_its_members_in_the_order_in_which_they_joined) {
  EXPECT_TRUE(values().empty());
  auto first = sync.group("g").join("a");
  auto second = other.group("g").join("b");
  EXPECT_EQ(values(), (std::vector<std::string>{"a", "b"}));
  const auto seen = sync.group("g").members();
  EXPECT_EQ(seen.list[0].who, 0U);
  EXPECT_EQ(seen.list[1].who, 1U);
  EXPECT_EQ(seen.list[1].id, second.id());
  EXPECT_GT(second.id(), first.id());
}

TEST_F(group_test, forgets_who_leaves_or_dies) {
  std::optional<coord::group<std::string>::membership> first{sync.group("g").join("a")};
  auto second = other.group("g").join("b");
  auto third = instance(2).group("g").join("c");
  first.reset();
  EXPECT_EQ(values(), (std::vector<std::string>{"b", "c"}));
  static_cast<coord::local_session&>(other.session()).kill();
  EXPECT_EQ(values(), (std::vector<std::string>{"c"}));
  EXPECT_FALSE(second);
  EXPECT_EQ(error_of([&] { second.set("d"); }).first, status::session_lost);
  EXPECT_EQ(error_of([&] { static_cast<void>(other.group("g").join("d")); }).first,
            status::session_lost);
}

TEST_F(group_test, shows_the_value_that_a_member_has_now) {
  auto me = sync.group("g").join("a");
  me.set("b");
  EXPECT_EQ(values(), (std::vector<std::string>{"b"}));
}

TEST_F(group_test, wakes_who_waits_for_a_change) {
  auto g = sync.group("g");
  auto seen = g.members();
  EXPECT_FALSE(g.after(seen.revision).try_wait());
  wait_group all;
  all.go([&] { g.after(seen.revision).wait(); });
  auto me = other.group("g").join("a");
  all.wait();
  seen = g.members();
  EXPECT_EQ(seen.list.size(), 1U);
  all.go([&] {
    auto change = g.after(seen.revision);
    select(on_ready(change, [] {}));
  });
  me.set("b");
  all.wait();
  EXPECT_EQ(g.after(g.members().revision).try_wait_for(1ms).status(), status::timeout);
}

TEST_F(group_test, ends_waits_for_a_change_when_the_run_is_over) {
  auto g = sync.group("g");
  wait_group all;
  all.go([&] {
    EXPECT_EQ(error_of([&] { g.after(g.members().revision).wait(); }).first, status::session_lost);
  });
  world->end();
  all.wait();
}

TEST_F(group_test, says_so_when_values_are_of_another_type) {
  auto me = sync.group<int>("g").join(1);
  EXPECT_EQ(error_of([&] { static_cast<void>(other.group("g").members()); }).first,
            status::mismatch);
}

}  // namespace
