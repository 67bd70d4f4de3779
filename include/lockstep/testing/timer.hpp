// timer.hpp: what timers do (TM).
#pragma once

#include <gtest/gtest.h>

#include <type_traits>

#include "../channel.hpp"
#include "../context.hpp"
#include "../latch.hpp"
#include "../select.hpp"
#include "../timer.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct timer_suite : suite<R> {
  using timer = basic_timer<R>;

  // A timer whose tick is there to be received.
  struct due_timer : timer {
    due_timer() : timer{-1s} {}
  };
  static outcome<time_point> select_from(timer& t) {
    outcome<time_point> tick{status::would_block};
    select(on_recv(t, [&](time_point at) { tick.emplace(at); }));
    return tick;
  }
};
TYPED_TEST_SUITE(timer_suite, runtimes, suite_names);

TYPED_TEST(timer_suite, is_due_to_the_nanosecond) {
  this->proves("TM-1");
  const typename TypeParam::stopped_clock clock;
  basic_timer<TypeParam> t{3ms};
  clock.advance(3ms - 1ns);
  EXPECT_EQ(t.try_recv(), status::would_block);
  clock.advance(1ns);
  EXPECT_EQ(t.try_recv().value(), TypeParam::now());
}

TYPED_TEST(timer_suite, ticks_once_and_not_before_its_time) {
  this->proves("TM-1 TM-5");
  const time_point begun = TypeParam::now();
  basic_timer<TypeParam> t{3ms};
  const auto tick = t.recv();
  ASSERT_TRUE(tick);
  EXPECT_GE(*tick, begun + 3ms);
  EXPECT_GE(TypeParam::now(), *tick);
  EXPECT_EQ(t.try_recv(), status::would_block);
  EXPECT_EQ(t.try_recv_for(1ms), status::timeout);
  EXPECT_EQ(after<TypeParam>(1h).try_recv(), status::would_block);
}

TYPED_TEST(timer_suite, keeps_its_tick_for_a_receiver_that_is_late) {
  this->proves("TM-1");
  const time_point begun = TypeParam::now();
  basic_timer<TypeParam> t{1ms};
  this->pause(5ms);
  const auto tick = t.try_recv();
  ASSERT_TRUE(tick);
  EXPECT_GE(*tick, begun + 1ms);
  EXPECT_LE(*tick, TypeParam::now() - 4ms);  // when it was due, not when it was received
}

TYPED_TEST(timer_suite, ticks_at_once_for_a_duration_that_is_not_positive) {
  this->proves("TM-1");
  for (const auto d : {0h, -1h}) {
    basic_timer<TypeParam> t{d};
    const auto tick = t.try_recv();
    ASSERT_TRUE(tick);
    EXPECT_LE(*tick, TypeParam::now());
    t.reset(d);
    EXPECT_TRUE(t.try_recv());
  }
  EXPECT_TRUE(after<TypeParam>(duration::min()).try_recv());
}

TYPED_TEST(timer_suite, never_ticks_for_the_longest_duration) {
  basic_timer<TypeParam> t{duration::max()};
  EXPECT_EQ(t.try_recv_for(1ms), status::timeout);
  EXPECT_FALSE(t.stop());
}

TYPED_TEST(timer_suite, gives_its_tick_to_one_of_several_receivers) {
  this->proves("TM-1");
  basic_timer<TypeParam> t{1h};
  basic_latch<TypeParam> received{1};
  cancel_scope patience;
  const auto receive = [&] {
    const bool got = bool{t.recv(patience.context())};
    if (got) received.count_down();
    return got;
  };
  auto one = this->blocked(receive);
  auto other = this->blocked(receive);
  t.reset(1ms);
  received.wait();
  EXPECT_FALSE(t.stop());
  patience.cancel();
  EXPECT_NE(one.join(), other.join());
}

TYPED_TEST(timer_suite, is_received_in_every_way_that_a_channel_is) {
  typename TestFixture::due_timer t;
  EXPECT_TRUE(t.recv());
  t.reset(1ms);
  EXPECT_TRUE(t.recv(context{}));
  t.reset(1ms);
  EXPECT_TRUE(t.try_recv_for(1h));
  t.reset(1ms);
  EXPECT_TRUE(t.try_recv_until(std::chrono::steady_clock::now() + 1h));
  t.reset(1ms);
  EXPECT_TRUE(this->select_from(t));
}

TYPED_TEST(timer_suite, ends_a_wait_by_its_own_limit_if_that_comes_first) {
  basic_timer<TypeParam> t{1h};
  EXPECT_EQ(t.try_recv_for(1ms), status::timeout);
  EXPECT_EQ(t.recv(cancel_scope{1ms}.context()), status::timeout);
  cancel_scope scope;
  auto receiving = this->blocked([&] { return t.recv(scope.context()).status(); });
  scope.cancel();
  EXPECT_EQ(receiving.join(), status::cancelled);
  EXPECT_EQ(t.recv(scope.context()), status::cancelled);
  EXPECT_EQ(select(on_recv(t), on_timeout(1ms)).status, status::timeout);
  EXPECT_EQ(select(on_recv(t), on_done(scope.context())).status, status::cancelled);
  EXPECT_TRUE(t.stop());  // the tick is still to come
}

TYPED_TEST(timer_suite, has_no_tick_left_after_it_was_stopped) {
  this->proves("TM-2 TM-4");
  basic_timer<TypeParam> t{1h};
  EXPECT_TRUE(t.stop());
  EXPECT_FALSE(t.stop());
  typename TestFixture::due_timer due;
  EXPECT_TRUE(due.stop());  // due, but not received: prevented
  EXPECT_EQ(due.try_recv(), status::would_block);
  typename TestFixture::due_timer received;
  EXPECT_TRUE(received.recv());
  EXPECT_FALSE(received.stop());
}

TYPED_TEST(timer_suite, has_no_tick_of_the_old_setting_after_a_reset) {
  this->proves("TM-2 TM-4");
  typename TestFixture::due_timer t;
  EXPECT_TRUE(t.reset(1h));
  EXPECT_EQ(t.try_recv(), status::would_block);
  const time_point begun = TypeParam::now();
  EXPECT_TRUE(t.reset(2ms));
  const auto tick = t.recv();
  ASSERT_TRUE(tick);
  EXPECT_GE(*tick, begun + 2ms);
  EXPECT_FALSE(t.reset(1h));
}

TYPED_TEST(timer_suite, does_not_serve_a_waiting_receiver_by_its_old_setting) {
  this->proves("TM-2");
  for (const bool selecting : {false, true}) {
    for (bool in_time = false; !in_time;) {  // a slow machine may need more than one attempt
      basic_timer<TypeParam> t{5ms};
      auto receiving = this->run([&] { return selecting ? *this->select_from(t) : *t.recv(); });
      this->pause(1ms);
      in_time = t.reset(1h);
      if (!in_time) continue;
      this->pause(8ms);
      receiving.until_blocked();
      const time_point begun = TypeParam::now();
      t.reset(0s);
      EXPECT_GE(receiving.join(), begun);
    }
  }
}

TYPED_TEST(timer_suite, is_waited_for_anew_when_it_is_reset) {
  this->proves("TM-2");
  basic_timer<TypeParam> t{1h};
  const auto receive = [&] { return *t.recv(); };
  const auto choose = [&] { return *this->select_from(t); };
  for (const bool selecting : {false, true}) {
    auto receiving = this->blocked([&] { return selecting ? choose() : receive(); });
    t.stop();
    receiving.until_blocked();  // for ever
    t.reset(1h);
    receiving.until_blocked();
    const time_point begun = TypeParam::now();
    t.reset(1ms);
    EXPECT_GE(receiving.join(), begun + 1ms);
    t.reset(1h);
  }
}

TYPED_TEST(timer_suite, stores_nothing) {
  this->proves("TM-3");
  typename TestFixture::due_timer t;
  EXPECT_EQ(t.capacity(), 0U);
  EXPECT_EQ(t.size(), 0U);
}

TYPED_TEST(timer_suite, is_a_case_of_select_also_as_a_temporary) {
  basic_channel<int, TypeParam> silent;
  time_point seen = never;
  const auto s =
      select(on_recv(silent), on_recv(after<TypeParam>(1ms), [&](time_point at) { seen = at; }),
             on_recv(after<TypeParam>(1h)));
  EXPECT_EQ(s.index, 1U);
  EXPECT_EQ(s.status, status::ok);
  EXPECT_LE(seen, TypeParam::now());
  EXPECT_EQ(select(on_recv(after<TypeParam>(1h)), on_default()).index, 1U);
  EXPECT_EQ(select(on_recv(after<TypeParam>(0s)), on_default()).index, 0U);
}

TYPED_TEST(timer_suite, loses_nothing_as_the_losing_case_of_a_select) {
  basic_channel<int, TypeParam> ready{1};
  basic_timer<TypeParam> t{1h};
  auto selecting = this->blocked([&] { return select(on_recv(t), on_recv(ready)).index; });
  ready.send(1);
  EXPECT_EQ(selecting.join(), 1U);
  EXPECT_TRUE(t.stop());
}

TYPED_TEST(timer_suite, shows_its_receiver_what_was_done_before_the_reset) {
  for (int round = 0; round < 200; ++round) {
    basic_timer<TypeParam> t{1h};
    int data = 0;  // not atomic: a missing happens-before is a data race
    auto other = this->run([&] {
      data = 7;
      t.reset(0s);
    });
    if (round % 2 == 0) {
      ASSERT_TRUE(t.recv());
    } else {
      ASSERT_TRUE(this->select_from(t));
    }
    ASSERT_EQ(data, 7);
    other.join();
  }
}

// Everyone stops, resets and receives. Each setting ends in one way: its tick was received, or a
// stop() or reset() says that it prevented that.
TYPED_TEST(timer_suite, accounts_for_every_setting_once) {
  this->proves("TM-2 TM-4");
  basic_timer<TypeParam> t{0s};
  cancel_scope end;
  const auto receive = [&] {
    int ticks = 0;
    while (t.recv(end.context())) ++ticks;
    return ticks;
  };
  const auto choose = [&] {
    int ticks = 0;
    while (select(on_recv(t), on_done(end.context())).index == 0) ++ticks;
    return ticks;
  };
  const auto meddle = [&] {
    int prevented = 0;
    for (int i = 0; i < 500; ++i) {
      prevented += t.reset(std::chrono::microseconds{i % 4 * 20});
      if (i % 8 == 0) this->pause(20us);
    }
    return prevented;
  };
  auto receiving = this->run(receive);
  auto choosing = this->run(choose);
  auto one = this->run(meddle);
  auto other = this->run(meddle);
  int ended = one.join() + other.join();
  ended += t.stop();
  end.cancel();
  ended += receiving.join() + choosing.join();
  EXPECT_EQ(ended, 1 + 2 * 500);
}

TYPED_TEST(timer_suite, stays_where_it_is) {
  using object = basic_timer<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<object> || std::is_copy_assignable_v<object>);
  EXPECT_FALSE(std::is_move_constructible_v<object> || std::is_move_assignable_v<object>);
}

}  // namespace lockstep::testing
