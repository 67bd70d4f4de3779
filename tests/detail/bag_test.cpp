#include <gtest/gtest.h>

#include <cstddef>
#include <lockstep/detail/bag.hpp>
#include <random>
#include <set>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::detail::bag;
using lockstep::detail::no_place;

struct thing {
  std::size_t place = no_place;
};

std::set<thing*> contents(const bag<thing>& b) {
  std::set<thing*> all;
  b.for_each([&](thing& t) { EXPECT_TRUE(all.insert(&t).second); });
  return all;
}

TEST(bag_test, is_empty_at_first) {
  const bag<thing> b;
  EXPECT_TRUE(b.empty());
  EXPECT_EQ(b.size(), 0U);
  EXPECT_TRUE(contents(b).empty());
}

TEST(bag_test, gives_back_any_of_what_was_put_in) {
  bag<thing> b;
  thing one;
  thing two;
  thing three;
  for (thing* t : {&one, &two, &three}) ASSERT_TRUE(b.put(*t));
  b.take(two);
  EXPECT_EQ(contents(b), (std::set<thing*>{&one, &three}));
  EXPECT_EQ(two.place, no_place);
}

TEST(bag_test, takes_out_once_and_never_what_is_not_in) {
  bag<thing> b;
  thing in;
  thing out;
  ASSERT_TRUE(b.put(in));
  b.take(out);
  EXPECT_EQ(b.size(), 1U);
  b.take(in);
  b.take(in);
  EXPECT_EQ(b.size(), 0U);
}

TEST(bag_test, uses_places_again) {
  bag<thing> b;
  std::vector<thing> things(100);
  for (thing& t : things) ASSERT_TRUE(b.put(t));
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < 99; ++i) b.take(things[i]);
    for (std::size_t i = 0; i < 99; ++i) ASSERT_TRUE(b.put(things[i]));
  }
  EXPECT_EQ(b.places(), 100U);
}

TEST(bag_test, has_nothing_to_look_through_once_it_was_empty) {
  bag<thing> b;
  std::vector<thing> things(1000);
  for (thing& t : things) ASSERT_TRUE(b.put(t));
  for (thing& t : things) b.take(t);
  EXPECT_EQ(b.places(), 0U);
  ASSERT_TRUE(b.put(things[7]));
  EXPECT_EQ(b.places(), 1U);
  EXPECT_EQ(contents(b), std::set<thing*>{&things[7]});
}

TEST(bag_test, agrees_with_a_set_whatever_is_done) {
  std::mt19937_64 random{support::seed()};
  bag<thing> b;
  std::set<thing*> model;
  std::vector<thing> things(200);
  for (int step = 0; step < 20'000; ++step) {
    thing& t = things[random() % things.size()];
    if (model.erase(&t) != 0) {
      b.take(t);
    } else {
      ASSERT_TRUE(b.put(t));
      model.insert(&t);
    }
    ASSERT_EQ(b.size(), model.size());
    if (step % 100 == 0) {
      ASSERT_EQ(contents(b), model);
    }
  }
}

}  // namespace
