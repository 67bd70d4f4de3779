#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/wait_group.hpp>
#include <string>
#include <utility>

#include "named_world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

struct election_test : support::named_world {
  void wait_for_tickets(std::size_t n) const {
    while (world->roster_named("run/election/e", {}).view().members.size() != n) {
      this_task::yield();
    }
  }
};

TEST_F(election_test, has_one_leader_at_a_time) {
  auto e = sync.election("e");
  EXPECT_FALSE(e.current());
  auto lead = e.campaign("a");
  EXPECT_TRUE(lead);
  EXPECT_EQ(e.current()->term, lead.term());
  EXPECT_EQ(e.current()->who, 0U);
  EXPECT_EQ(other.election("e").current()->value, "a");
  EXPECT_EQ(other.election("e").try_campaign("b").status(), status::would_block);
  EXPECT_EQ(other.election("e").try_campaign_for("b", 1ms).status(), status::timeout);
  wait_for_tickets(1);
  lead.resign();
  EXPECT_FALSE(e.current());
}

TEST_F(election_test, makes_the_next_candidate_leader_under_a_greater_term) {
  auto first = sync.election("e").campaign("a");
  const auto term = first.term();
  wait_group all;
  all.go([&] {
    auto second = other.election("e").campaign("b");
    EXPECT_GT(second.term(), term);
    EXPECT_EQ(sync.election("e").current()->value, "b");
  });
  wait_for_tickets(2);
  EXPECT_EQ(sync.election("e").current()->value, "a");
  first.resign();
  all.wait();
}

TEST_F(election_test, goes_on_when_the_leader_dies_who_is_told_and_refused) {
  auto lead = sync.election("e").campaign("a");
  EXPECT_TRUE(lead.proclaim("a2"));
  EXPECT_EQ(other.election("e").current()->value, "a2");
  const context lost = lead.lost();
  static_cast<coord::local_session&>(sync.session()).kill();
  EXPECT_TRUE(lost.done());
  EXPECT_FALSE(lead);
  EXPECT_EQ(lead.proclaim("a3").status(), status::session_lost);
  auto next = other.election("e").campaign("b");
  EXPECT_EQ(instance(2).election("e").current()->value, "b");
  EXPECT_EQ(error_of([&] { static_cast<void>(sync.election("e").campaign("a")); }).first,
            status::session_lost);
}

TEST_F(election_test, is_seen_by_observers_in_order) {
  auto seen = other.election("e").observe();
  EXPECT_FALSE(*seen.try_next()) << "nobody leads";
  EXPECT_EQ(seen.try_next().status(), status::would_block);
  auto lead = sync.election("e").campaign("a");
  auto now = seen.next();
  ASSERT_TRUE(now);
  EXPECT_EQ(now->value, "a");
  EXPECT_EQ(seen.try_next_for(1ms).status(), status::timeout);
  ASSERT_TRUE(lead.proclaim("b"));
  EXPECT_EQ(seen.next()->value, "b");
  wait_group all;
  all.go([&] { EXPECT_FALSE(seen.next()); });
  lead.resign();
  all.wait();
}

TEST_F(election_test, tells_observers_of_every_last_leader) {
  wait_group all;
  all.go([&] {
    auto seen = other.election<int>("e").observe();
    std::uint64_t term = 0;
    for (int last = 0; last != 20;) {
      const auto now = seen.next();
      if (!now) continue;
      EXPECT_GE(now->term, term);
      EXPECT_GT(now->value, last);
      term = now->term;
      last = now->value;
    }
  });
  for (int i = 1; i < 20; ++i) sync.election<int>("e").campaign(i).resign();
  auto last = sync.election<int>("e").campaign(20);
  all.wait();
}

}  // namespace
