#include "lockstep/coord/topic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <lockstep/concepts.hpp>
#include <lockstep/topic.hpp>
#include <string>
#include <vector>

#include "named_world.hpp"
#include "support/world.hpp"

namespace {

using lockstep::status;
using support::run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(lockstep::topic_like<lockstep::topic<int>>);
static_assert(lockstep::topic_like<lockstep::threads::topic<int>>);
static_assert(lockstep::topic_like<lockstep::coord::topic<int>>);

using named_topic_test = support::named_world;

template <class Subscription>
std::vector<int> all_of(Subscription s) {
  std::vector<int> values;
  while (auto v = s.try_recv()) values.push_back(*v);
  return values;
}

// What holds for a topic that tasks share as for one that instances share.
template <lockstep::topic_like Topic>
void expect_a_topic(Topic& t) {
  EXPECT_EQ(t.last(), 0U);
  auto all = t.subscribe();
  auto waits = run([&] { return *all.recv(); });
  waits.until_blocked();
  for (const int i : {10, 20, 30}) EXPECT_EQ(t.publish(i), static_cast<std::uint64_t>(i / 10));
  EXPECT_EQ(waits.join(), 10);
  EXPECT_EQ(all.seq(), 1U);
  EXPECT_EQ(t.last(), 3U);
  EXPECT_THAT(all_of(t.subscribe()), ElementsAre(10, 20, 30));
  EXPECT_THAT(all_of(t.subscribe_from(2)), ElementsAre(20, 30));
  auto fresh = t.subscribe_new();
  EXPECT_EQ(fresh.try_recv().status(), status::would_block);
  t.publish(40);
  EXPECT_EQ(*fresh.recv(), 40);
  EXPECT_EQ(fresh.seq(), 4U);
  fresh.cancel();
  EXPECT_EQ(fresh.recv().status(), status::cancelled);
}

TEST_F(named_topic_test, has_the_api_of_a_topic) {
  lockstep::topic<int> shared_by_tasks;
  expect_a_topic(shared_by_tasks);
  auto shared_by_name = sync.topic<int>("t");
  expect_a_topic(shared_by_name);
}

TEST_F(named_topic_test, is_the_one_that_clients_publish_on) {
  sync.topic<int>("t").publish(1);
  other.publish<int>("t", 2);
  EXPECT_THAT(all_of(instance(2).subscribe<int>("t")), ElementsAre(1, 2));
  EXPECT_THAT(all_of(instance(3).topic<int>("t").subscribe()), ElementsAre(1, 2));
}

TEST_F(named_topic_test, carries_one_type_and_ends_with_the_session) {
  sync.topic<int>("t").publish(1);
  EXPECT_THAT(error_of([this] { other.topic<std::string>("t").publish("a"); }),
              ::testing::Pair(status::mismatch, HasSubstr("publish 't': it carries int, not ")));
  world->end();
  EXPECT_EQ(error_of([this] { sync.topic<int>("t").publish(2); }).first, status::session_lost);
}

}  // namespace
