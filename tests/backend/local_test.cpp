#include "lockstep/backend/local.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lockstep/coord/client.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::connect;
using lockstep::status;
using support::run;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
namespace coord = lockstep::coord;

// An alarm that counts how often it was claimed and woken.
struct bell : lockstep::detail::alarm {
  bell()
      : alarm{[](alarm& a) noexcept { return ++static_cast<bell&>(a).claims == 1; },
              [](alarm& a) noexcept { ++static_cast<bell&>(a).rings; }} {}
  int claims = 0;
  int rings = 0;
};

template <class T>
coord::payload entry(T value) {
  return {std::make_shared<const T>(std::move(value)), &lockstep::detail::type_tag_of<T>};
}

struct local_test : testing::Test {
  coord::local_world world;

  void signal(const std::string& name, coord::participant who = 0) {
    EXPECT_TRUE(world.counter_named(name).add(1, who));
  }
  void append(coord::payload p) { EXPECT_TRUE(world.log_named("n").append(std::move(p))); }

  lockstep::outcome<coord::payload> read(const std::string& name, std::uint64_t seq) {
    return world.log_named(name).read(seq, lockstep::detail::type_tag_of<int>);
  }
};

TEST_F(local_test, two_connections_to_the_default_world_meet) {
  auto a = connect("local:");
  auto b = connect("local:");
  auto waits = run([&] { return a.signal_and_wait("two_connections meet", 2); });
  waits.until_blocked();
  EXPECT_EQ(b.signal_entry("two_connections meet"), 2U);
  EXPECT_EQ(waits.join(), 1U);
}

TEST_F(local_test, a_world_with_a_name_is_another_world) {
  EXPECT_EQ(connect("local:x").signal_entry("named worlds"), 1U);
  EXPECT_EQ(connect("local:y").signal_entry("named worlds"), 1U);
  EXPECT_EQ(connect("local:").signal_entry("named worlds"), 1U);
  EXPECT_EQ(connect("local:x").signal_entry("named worlds"), 2U);
}

TEST_F(local_test, a_world_outlives_its_clients) {
  connect("local:kept").publish<int>("n", 7);
  EXPECT_EQ(connect("local:kept").subscribe<int>("n").recv().value(), 7);
}

TEST_F(local_test, a_name_that_looks_like_another_kind_of_url_is_refused) {
  for (const std::string url : {"local://host", "local:a b", "local:x?y=1", "local:/tmp/socket"}) {
    try {
      static_cast<void>(connect(url));
      ADD_FAILURE() << url;
    } catch (const lockstep::error& e) {
      EXPECT_EQ(e.status(), status::unsupported);
      EXPECT_THAT(e.what(), HasSubstr("'" + url + "': expected local: or local:NAME"));
    }
  }
}

TEST_F(local_test, the_end_of_one_world_leaves_others_alone) {
  auto doomed = connect("local:doomed");
  auto waits =
      run([&] { return doomed.barrier("ready", 1).try_wait_for(std::chrono::hours{1}).status(); });
  waits.until_blocked();
  coord::local_world_named("doomed")->end();
  EXPECT_EQ(waits.join(), status::session_lost);
  EXPECT_TRUE(doomed.lost().done());
  EXPECT_FALSE(connect("local:").lost().done());
}

TEST_F(local_test, a_counter_counts_from_one_each_by_its_name) {
  EXPECT_EQ(world.counter_named("a").add(1, 0).value(), 1U);
  EXPECT_EQ(world.counter_named("a").add(1, 1).value(), 2U);
  EXPECT_EQ(world.counter_named("b").add(1, 0).value(), 1U);
}

TEST_F(local_test, an_alarm_on_a_count_already_reached_is_not_registered) {
  bell b;
  signal("n");
  EXPECT_TRUE(world.counter_named("n").arm(1, 0, b));
  EXPECT_TRUE(world.counter_named("n").arm(0, 0, b));
  signal("n");
  EXPECT_EQ(b.claims, 0);
}

TEST_F(local_test, an_alarm_rings_once_when_its_count_is_reached) {
  bell second, third, also_third;
  EXPECT_FALSE(world.counter_named("n").arm(3, 0, third));
  EXPECT_FALSE(world.counter_named("n").arm(2, 0, second));
  EXPECT_FALSE(world.counter_named("n").arm(3, 0, also_third));
  signal("n");
  EXPECT_EQ(second.claims + third.claims, 0);
  signal("n");
  EXPECT_EQ(second.rings, 1);
  EXPECT_EQ(third.claims, 0);
  signal("n");
  signal("n");
  EXPECT_EQ(second.rings, 1);
  EXPECT_EQ(third.rings, 1);
  EXPECT_EQ(also_third.rings, 1);
}

TEST_F(local_test, a_disarmed_alarm_does_not_ring_and_those_behind_it_do) {
  bell early, late;
  EXPECT_FALSE(world.counter_named("n").arm(1, 0, early));
  EXPECT_FALSE(world.counter_named("n").arm(2, 0, late));
  world.counter_named("n").disarm(early);
  world.counter_named("n").disarm(early);
  signal("n");
  signal("n");
  EXPECT_EQ(early.claims, 0);
  EXPECT_EQ(late.rings, 1);
}

TEST_F(local_test, an_alarm_that_another_claimed_is_not_woken) {
  bell b;
  EXPECT_FALSE(world.counter_named("n").arm(1, 0, b));
  b.claims = 1;
  signal("n");
  EXPECT_EQ(b.rings, 0);
}

TEST_F(local_test, progress_tells_who_signalled_and_who_waits) {
  bell a, b;
  signal("n", 4);
  signal("n", coord::nobody);
  signal("n", 2);
  EXPECT_FALSE(world.counter_named("n").arm(9, 7, a));
  EXPECT_FALSE(world.counter_named("n").arm(8, coord::nobody, b));
  const auto p = world.counter_named("n").progress();
  EXPECT_EQ(p.count, 3U);
  EXPECT_THAT(p.signalled, UnorderedElementsAre(4, 2));
  EXPECT_THAT(p.waiting, UnorderedElementsAre(7));
  world.counter_named("n").disarm(a);
  world.counter_named("n").disarm(b);
  EXPECT_TRUE(world.counter_named("n").progress().waiting.empty());
  EXPECT_EQ(world.counter_named("unheard of").progress().count, 0U);
}

TEST_F(local_test, a_log_keeps_its_entries_in_order) {
  EXPECT_EQ(read("n", 1).status(), status::would_block);
  EXPECT_EQ(world.log_named("n").append(entry(10)).value(), 1U);
  EXPECT_EQ(world.log_named("n").append(entry(20)).value(), 2U);
  EXPECT_EQ(*static_cast<const int*>(read("n", 1)->value.get()), 10);
  EXPECT_EQ(*static_cast<const int*>(read("n", 2)->value.get()), 20);
  EXPECT_EQ(read("n", 3).status(), status::would_block);
}

TEST_F(local_test, readers_share_an_entry_instead_of_copying_it) {
  append(entry(10));
  EXPECT_EQ(read("n", 1)->value.get(), read("n", 1)->value.get());
}

TEST_F(local_test, a_log_holds_entries_of_one_type) {
  append(entry(10));
  const auto refused = world.log_named("n").append(entry(1.5));
  EXPECT_EQ(refused.status(), status::mismatch);
  EXPECT_THAT(refused.text(), HasSubstr("it carries int, not double"));
  const auto unread = world.log_named("n").read(1, lockstep::detail::type_tag_of<double>);
  EXPECT_EQ(unread.status(), status::mismatch);
  EXPECT_EQ(read("n", 2).status(), status::would_block);
}

TEST_F(local_test, an_alarm_on_a_log_rings_when_its_entry_comes) {
  bell first, second, cancelled;
  EXPECT_FALSE(world.log_named("n").arm(1, first));
  EXPECT_FALSE(world.log_named("n").arm(2, second));
  EXPECT_FALSE(world.log_named("n").arm(1, cancelled));
  world.log_named("n").disarm(cancelled);
  append(entry(1));
  EXPECT_EQ(first.rings, 1);
  EXPECT_EQ(second.claims, 0);
  EXPECT_EQ(cancelled.claims, 0);
  EXPECT_TRUE(world.log_named("n").arm(1, first));
  append(entry(2));
  EXPECT_EQ(second.rings, 1);
}

TEST_F(local_test, an_entry_of_another_type_rings_nothing) {
  append(entry(1));
  bell b;
  EXPECT_FALSE(world.log_named("n").arm(2, b));
  EXPECT_EQ(world.log_named("n").append(entry(1.5)).status(), status::mismatch);
  EXPECT_EQ(b.claims, 0);
  world.log_named("n").disarm(b);
}

TEST_F(local_test, a_cell_holds_nothing_at_first) {
  EXPECT_FALSE(world.cell_named("n").get().exists());
  EXPECT_EQ(world.cell_named("n").get().version, 0U);
}

TEST_F(local_test, a_cell_is_changed_only_as_expected) {
  auto& c = world.cell_named("n");
  EXPECT_EQ(c.put(entry(1), coord::expected::since(7)).status(), status::conflict);
  const auto first = c.put(entry(1), coord::expected::nothing()).value();
  EXPECT_EQ(c.put(entry(2), coord::expected::nothing()).status(), status::conflict);
  const auto second = c.put(entry(2), coord::expected::since(first)).value();
  EXPECT_GT(second, first);
  EXPECT_EQ(c.put(entry(3), coord::expected::since(first)).status(), status::conflict);
  EXPECT_EQ(*static_cast<const int*>(c.get().value.value.get()), 2);
  const auto third = c.put({}, coord::expected::anything()).value();
  EXPECT_FALSE(c.get().exists());
  EXPECT_EQ(c.get().version, third);
  EXPECT_TRUE(c.put(entry(4), coord::expected::nothing()));
}

TEST_F(local_test, versions_of_cells_are_of_no_other_cell) {
  const auto a = world.cell_named("a").put(entry(1), coord::expected::anything()).value();
  const auto b = world.cell_named("b").put(entry(1), coord::expected::anything()).value();
  EXPECT_GT(b, a);
}

TEST_F(local_test, an_alarm_on_a_cell_rings_at_its_next_change) {
  auto& c = world.cell_named("n");
  bell changed, disarmed;
  EXPECT_FALSE(c.arm(0, changed));
  EXPECT_FALSE(c.arm(0, disarmed));
  c.disarm(disarmed);
  EXPECT_EQ(c.put(entry(1), coord::expected::since(9)).status(), status::conflict);
  EXPECT_EQ(changed.claims, 0);
  const auto version = c.put(entry(1), coord::expected::nothing()).value();
  EXPECT_EQ(changed.rings, 1);
  EXPECT_EQ(disarmed.claims, 0);
  EXPECT_TRUE(c.arm(0, changed));
  EXPECT_TRUE(c.arm(version - 1, changed));
  EXPECT_FALSE(c.arm(version, disarmed));
  static_cast<void>(c.put({}, coord::expected::anything()));
  EXPECT_EQ(disarmed.rings, 1);
}

TEST_F(local_test, a_cell_is_of_one_type_while_it_holds_something) {
  auto& c = world.cell_named("n");
  EXPECT_TRUE(c.put(entry(1), coord::expected::anything()));
  const auto refused = c.put(entry(1.5), coord::expected::anything());
  EXPECT_EQ(refused.status(), status::mismatch);
  EXPECT_THAT(refused.text(), HasSubstr("it holds int, not double"));
}

}  // namespace
