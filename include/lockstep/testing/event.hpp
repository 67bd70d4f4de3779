// event.hpp: what an event does (EV).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <type_traits>

#include "../channel.hpp"
#include "../context.hpp"
#include "../event.hpp"
#include "../select.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct event_suite : suite<R> {
  static auto waiter(basic_event<R>& e) {
    return suite<R>::run([&e] { e.wait(); });
  }
  // Leaves e as if tasks had waited for it: its fast paths are closed until a wait succeeds.
  static void let_a_wait_time_out(basic_event<R>& e) {
    EXPECT_EQ(e.try_wait_for(1ms), status::timeout);
  }
};
TYPED_TEST_SUITE(event_suite, runtimes, suite_names);

TYPED_TEST(event_suite, starts_as_it_was_told) {
  this->proves("EV-4");
  using event = basic_event<TypeParam>;
  static constinit event e;
  EXPECT_FALSE(e.is_set());
  EXPECT_FALSE(e.try_wait());
  EXPECT_TRUE((event{event::manual, event::initially_set}.is_set()));
  EXPECT_TRUE((event{event::automatic, event::initially_set}.try_wait()));
  EXPECT_FALSE((event{event::automatic}.try_wait()));
}

TYPED_TEST(event_suite, stays_set_until_it_is_reset) {
  this->proves("EV-1 EV-4");
  basic_event<TypeParam> e;
  for (int round = 0; round < 2; ++round) {
    e.set();
    e.set();
    EXPECT_TRUE(e.is_set());
    for (int i = 0; i < 3; ++i) e.wait();
    EXPECT_TRUE(e.try_wait());
    EXPECT_EQ(e.try_wait_for(0s), status::ok);
    EXPECT_EQ(e.try_wait_until(TypeParam::now()), status::ok);
    EXPECT_EQ(e.wait(lockstep::background()), status::ok);
    e.reset();
    e.reset();
    EXPECT_FALSE(e.is_set());
    EXPECT_FALSE(e.try_wait());
    this->let_a_wait_time_out(e);  // before the second round
  }
}

TYPED_TEST(event_suite, releases_all_who_wait) {
  this->proves("EV-1");
  basic_event<TypeParam> e;
  auto plain = this->waiter(e);
  auto timed = this->blocked([&] { return e.try_wait_for(1h); });
  auto until = this->blocked([&] { return e.try_wait_until(TypeParam::now() + 1h); });
  auto in_context = this->blocked([&] { return e.wait(lockstep::background()); });
  plain.until_blocked();
  e.set();
  plain.join();
  EXPECT_EQ(timed.join(), status::ok);
  EXPECT_EQ(until.join(), status::ok);
  EXPECT_EQ(in_context.join(), status::ok);
  EXPECT_TRUE(e.is_set());
}

TYPED_TEST(event_suite, releases_who_waited_though_it_is_reset_at_once) {
  this->proves("EV-8");
  basic_event<TypeParam> e;
  auto one = this->waiter(e);
  one.until_blocked();
  auto other = this->waiter(e);
  other.until_blocked();
  {
    const typename TypeParam::late_wakes after_this;
    e.set();
    e.reset();
  }
  one.join();
  other.join();
  EXPECT_FALSE(e.is_set());
}

TYPED_TEST(event_suite, that_is_automatic_lets_one_through_for_each_set) {
  this->proves("EV-2");
  using event = basic_event<TypeParam>;
  event e{event::automatic};
  auto first = this->waiter(e);
  first.until_blocked();
  auto second = this->waiter(e);
  second.until_blocked();
  auto third = this->waiter(e);
  third.until_blocked();
  e.set();
  first.join();
  EXPECT_FALSE(e.try_wait());
  second.until_blocked();
  third.until_blocked();
  {
    const typename TypeParam::late_wakes after_this;
    e.set();
    e.set();  // not lost, though the one before has woken nobody yet
  }
  second.join();
  third.join();
  EXPECT_FALSE(e.is_set());
}

TYPED_TEST(event_suite, that_is_automatic_remembers_one_set) {
  this->proves("EV-3 EV-4");
  using event = basic_event<TypeParam>;
  event e{event::automatic};
  for (const bool others_waited : {false, true}) {
    if (others_waited) this->let_a_wait_time_out(e);
    e.set();
    e.set();
    EXPECT_TRUE(e.is_set());
    EXPECT_TRUE(e.try_wait());
    EXPECT_FALSE(e.is_set());
    EXPECT_FALSE(e.try_wait());
    if (others_waited) this->let_a_wait_time_out(e);
    e.set();
    e.reset();
    EXPECT_FALSE(e.try_wait());
  }
}

TYPED_TEST(event_suite, ends_a_wait_at_its_deadline) {
  this->proves("EV-5");
  using event = basic_event<TypeParam>;
  for (const auto how : {event::manual, event::automatic}) {
    event e{how};
    EXPECT_EQ(e.try_wait_for(1ms), status::timeout);
    EXPECT_EQ(e.try_wait_until(TypeParam::now() - 1s), status::timeout);
    EXPECT_EQ(e.wait(cancel_scope{1ms}.context()), status::timeout);
    e.set();
    EXPECT_TRUE(e.try_wait());
  }
}

TYPED_TEST(event_suite, ends_a_wait_whose_context_is_cancelled_and_keeps_the_set) {
  this->proves("EV-5");
  using event = basic_event<TypeParam>;
  event e{event::automatic};
  cancel_scope scope;
  auto cancelled = this->blocked([&] { return e.wait(scope.context()); });
  auto next = this->waiter(e);
  next.until_blocked();
  {
    const typename TypeParam::late_wakes after_this;
    scope.cancel();
    e.set();  // the first in the queue has given up
  }
  EXPECT_EQ(cancelled.join(), status::cancelled);
  next.join();
  e.set();
  EXPECT_EQ(e.wait(scope.context()), status::cancelled);
  EXPECT_TRUE(e.try_wait());
}

TYPED_TEST(event_suite, neither_loses_nor_doubles_a_set_that_races_with_a_cancel) {
  this->proves("EV-5");
  using event = basic_event<TypeParam>;
  event e{event::automatic};
  for (int round = 0; round < 300; ++round) {
    cancel_scope scope;
    auto waiter = this->run([&] { return e.wait(scope.context()); });
    if (round % 2 == 0) waiter.until_blocked();
    auto canceller = this->run([&] { scope.cancel(); });
    e.set();
    canceller.join();
    const bool got = waiter.join() == status::ok;
    ASSERT_EQ(e.try_wait(), !got);
  }
}

TYPED_TEST(event_suite, is_reset_by_select_only_where_its_case_was_chosen) {
  this->proves("EV-9");
  using event = basic_event<TypeParam>;
  event one{event::automatic, event::initially_set};
  event other{event::automatic, event::initially_set};
  const auto first = select(on_ready(one), on_ready(other)).index;
  EXPECT_EQ(one.is_set(), first == 1);
  EXPECT_EQ(other.is_set(), first == 0);
  EXPECT_EQ(select(on_ready(one), on_ready(other)).index, 1 - first);
  EXPECT_EQ(select(on_ready(one), on_ready(other), on_default()).index, 2u);
  event manual{event::manual, event::initially_set};
  EXPECT_EQ(select(on_ready(manual)).index, 0u);
  EXPECT_TRUE(manual.is_set());
}

TYPED_TEST(event_suite, releases_a_select_that_waits) {
  this->proves("EV-9");
  using event = basic_event<TypeParam>;
  for (const auto how : {event::manual, event::automatic}) {
    event e{how};
    basic_channel<int, TypeParam> ch;
    const auto wait = [&] { return select(on_recv(ch), on_ready(e)).index; };
    auto chosen = this->blocked(wait);
    e.set();
    EXPECT_EQ(chosen.join(), 1u);
    EXPECT_EQ(e.is_set(), how == event::manual);
    e.reset();
    auto elsewhere = this->blocked(wait);
    ch.send(1);
    EXPECT_EQ(elsewhere.join(), 0u);
    e.set();
    EXPECT_TRUE(e.try_wait());
  }
}

TYPED_TEST(event_suite, shows_a_waiter_what_was_done_before_it_was_set) {
  this->proves("EV-7");
  using event = basic_event<TypeParam>;
  event there{event::automatic};
  event back{event::automatic};
  int turns = 0;  // not atomic: a missing happens-before is a data race
  auto other = this->run([&] {
    for (int i = 0; i < 1000; ++i) {
      if (i % 2 == 0) there.wait();
      while (i % 2 != 0 && !there.try_wait()) TypeParam::yield();
      ++turns;
      back.set();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    ++turns;
    there.set();
    back.wait();
  }
  other.join();
  EXPECT_EQ(turns, 2000);
}

TYPED_TEST(event_suite, shows_all_waiters_what_was_done_before_it_was_set) {
  this->proves("EV-7 EV-4");
  for (const bool others_waited : {false, true}) {
    basic_event<TypeParam> e;
    int done = 0;  // not atomic: a missing happens-before is a data race
    if (others_waited) this->let_a_wait_time_out(e);
    const auto see = [&] {
      while (!e.is_set()) TypeParam::yield();
      EXPECT_EQ(done, 1);
      EXPECT_TRUE(e.try_wait());  // opens fast paths again
      EXPECT_EQ(done, 1);
    };
    auto one = this->run(see);
    auto two = this->run([&] {
      while (!e.try_wait()) TypeParam::yield();
      EXPECT_EQ(done, 1);
    });
    done = 1;
    e.set();
    one.join();
    two.join();
  }
}

TYPED_TEST(event_suite, shows_who_resets_it_what_was_done_before_it_was_set) {
  this->proves("EV-10");
  for (const bool others_waited : {false, true}) {
    basic_event<TypeParam> e;
    int done = 0;  // not atomic: a missing happens-before is a data race
    std::atomic<bool> set{false};
    if (others_waited) this->let_a_wait_time_out(e);
    auto other = this->run([&] {
      done = 1;
      e.set();
      set.store(true, std::memory_order_relaxed);
    });
    while (!set.load(std::memory_order_relaxed)) TypeParam::yield();
    e.reset();
    EXPECT_EQ(done, 1);
    other.join();
  }
}

TYPED_TEST(event_suite, stays_where_it_is) {
  using object = basic_event<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<object> || std::is_copy_assignable_v<object>);
  EXPECT_FALSE(std::is_move_constructible_v<object> || std::is_move_assignable_v<object>);
}

}  // namespace lockstep::testing
