// wait_any.hpp: what waiting for any of several objects does.
#pragma once

#include <gtest/gtest.h>

#include "../context.hpp"
#include "../event.hpp"
#include "../latch.hpp"
#include "../wait_any.hpp"
#include "../wait_group.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct wait_any_suite : suite<R> {};
TYPED_TEST_SUITE(wait_any_suite, runtimes, suite_names);

TYPED_TEST(wait_any_suite, tells_which_object_is_ready) {
  this->proves("EV-6");
  using event = basic_event<TypeParam>;
  event e{event::automatic};
  basic_latch<TypeParam> l{1};
  basic_wait_group<TypeParam> g;
  EXPECT_EQ(wait_any(e, l, g), 2u);
  g.add();
  const auto next = [&] { return wait_any(e, l, g); };
  auto opened = this->blocked(next);
  e.set();
  EXPECT_EQ(opened.join(), 0u);
  auto counted = this->blocked(next);
  l.count_down();
  EXPECT_EQ(counted.join(), 1u);
  g.done();
}

TYPED_TEST(wait_any_suite, takes_one_event_and_leaves_the_others) {
  this->proves("EV-6");
  using event = basic_event<TypeParam>;
  event one{event::automatic, event::initially_set};
  event other{event::automatic, event::initially_set};
  const auto first = wait_any(one, other);
  EXPECT_EQ(one.is_set(), first == 1);
  EXPECT_EQ(other.is_set(), first == 0);
  EXPECT_EQ(wait_any(one, other), 1 - first);
  auto waiting = this->blocked([&] { return wait_any(one, other); });
  {
    const typename TypeParam::late_wakes after_this;
    one.set();
    other.set();
  }
  EXPECT_EQ(waiting.join(), 0u);
  EXPECT_FALSE(one.is_set());
  EXPECT_TRUE(other.try_wait());
}

TYPED_TEST(wait_any_suite, ends_with_its_context) {
  this->proves("EV-5 EV-6");
  using event = basic_event<TypeParam>;
  event e{event::automatic};
  basic_latch<TypeParam> l{1};
  cancel_scope scope;
  const auto wait = [&] { return wait_any(scope.context(), e, l); };
  auto released = this->blocked(wait);
  e.set();
  EXPECT_EQ(released.join(), std::size_t{0});
  auto cancelled = this->blocked(wait);
  scope.cancel();
  EXPECT_EQ(cancelled.join().status(), status::cancelled);
  e.set();
  EXPECT_EQ(wait().status(), status::cancelled);
  EXPECT_TRUE(e.try_wait());
  EXPECT_EQ(wait_any(cancel_scope{1ms}.context(), e, l).status(), status::timeout);
}

}  // namespace lockstep::testing
