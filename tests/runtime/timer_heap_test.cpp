#include <gtest/gtest.h>

#include <algorithm>
#include <lockstep/runtime/timer_heap.hpp>
#include <random>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::duration;
using lockstep::never;
using lockstep::time_point;
using lockstep::detail::heap_timer;
using lockstep::detail::timer_heap;

time_point at(long n) { return time_point{duration{n}}; }

TEST(timer_heap_test, is_empty_at_first_and_due_never) {
  const timer_heap h;
  EXPECT_TRUE(h.empty());
  EXPECT_EQ(h.earliest(), never);
}

TEST(timer_heap_test, gives_timers_in_the_order_of_their_deadlines) {
  timer_heap h;
  std::vector<heap_timer> timers(5);
  const long when[] = {30, 10, 50, 20, 40};
  for (std::size_t i = 0; i < 5; ++i) h.insert(timers[i], at(when[i]));
  for (const std::size_t i : {1U, 3U, 0U, 4U, 2U}) {
    EXPECT_EQ(h.earliest(), at(when[i]));
    EXPECT_EQ(&h.pop(), &timers[i]);
  }
  EXPECT_TRUE(h.empty());
}

TEST(timer_heap_test, takes_out_a_timer_once_and_one_that_is_not_in_never) {
  timer_heap h;
  heap_timer a;
  heap_timer b;
  h.insert(a, at(1));
  h.insert(b, at(2));
  h.erase(a);
  h.erase(a);
  EXPECT_EQ(h.size(), 1U);
  EXPECT_EQ(h.earliest(), at(2));
  h.pop();
  h.erase(b);
  EXPECT_TRUE(h.empty());
}

TEST(timer_heap_test, agrees_with_a_sorted_list_whatever_is_done) {
  std::mt19937_64 random{support::seed()};
  timer_heap h;
  std::vector<heap_timer> timers(300);
  std::vector<std::pair<time_point, heap_timer*>> model;
  for (int step = 0; step < 20'000; ++step) {
    heap_timer& t = timers[random() % timers.size()];
    const auto known =
        std::find_if(model.begin(), model.end(), [&](const auto& e) { return e.second == &t; });
    if (known == model.end()) {
      const time_point when = at(static_cast<long>(random() % 100));
      h.insert(t, when);
      model.emplace_back(when, &t);
    } else if (random() % 3 != 0) {
      h.erase(t);
      model.erase(known);
    } else {
      const auto first = std::min_element(model.begin(), model.end(), [](auto& x, auto& y) {
                           return x.first < y.first;
                         })->first;
      ASSERT_EQ(h.earliest(), first);
      heap_timer& popped = h.pop();
      const auto found = std::find(model.begin(), model.end(), std::pair{first, &popped});
      ASSERT_NE(found, model.end());
      model.erase(found);
    }
    ASSERT_EQ(h.size(), model.size());
  }
}

}  // namespace
