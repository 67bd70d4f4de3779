// timer.hpp: what timers and tickers do (TM).
#pragma once

#include <gtest/gtest.h>

#include <type_traits>
#include <vector>

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
  using ticker = basic_ticker<R>;

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
  auto one = this->run(receive);
  one.until_blocked();
  auto other = this->run(receive);
  other.until_blocked();
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
  auto receiving = this->run([&] { return t.recv(scope.context()).status(); });
  receiving.until_blocked();
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
    auto receiving = this->run([&] { return selecting ? choose() : receive(); });
    receiving.until_blocked();
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
  auto selecting = this->run([&] { return select(on_recv(t), on_recv(ready)).index; });
  selecting.until_blocked();
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

template <class R>
struct ticker_suite : suite<R> {};
TYPED_TEST_SUITE(ticker_suite, runtimes, suite_names);

TYPED_TEST(ticker_suite, ticks_in_equal_steps_from_one_period_after_its_making) {
  this->proves("TM-1 TM-5");
  const time_point begun = TypeParam::now();
  basic_ticker<TypeParam> every{1h};
  EXPECT_EQ(every.try_recv(), status::would_block);
  EXPECT_TRUE(every.reset(2ms));
  time_point last = *every.recv();
  EXPECT_GE(last, begun + 2ms);
  for (int i = 0; i < 3; ++i) {
    const time_point next = *every.recv();
    EXPECT_GT(next, last);
    EXPECT_EQ((next - last) % 2ms, 0s);  // more than one step if this task was slow
    EXPECT_GE(TypeParam::now(), next);
    last = next;
  }
}

TYPED_TEST(ticker_suite, drops_ticks_for_a_slow_reader_and_keeps_its_phase) {
  this->proves("TM-1");
  basic_ticker<TypeParam> every{2ms};
  const time_point first = *every.recv();
  this->pause(9ms);
  const time_point late = TypeParam::now();
  const time_point kept = *every.recv();
  EXPECT_LE(kept, late - 6ms);  // the oldest one; three at least are dropped
  const time_point next = *every.recv();
  EXPECT_GT(next, late);
  EXPECT_EQ((kept - first) % 2ms, 0s);
  EXPECT_EQ((next - first) % 2ms, 0s);
}

TYPED_TEST(ticker_suite, is_a_range_without_an_end) {
  basic_ticker<TypeParam> every{100us};
  std::vector<time_point> seen;
  for (const time_point t : every) {
    seen.push_back(t);
    if (seen.size() == 5) break;
  }
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_TRUE(every.recv());  // a break leaves the rest
}

TYPED_TEST(ticker_suite, has_no_tick_left_after_it_was_stopped_and_begins_anew_at_a_reset) {
  this->proves("TM-2 TM-4");
  basic_ticker<TypeParam> every{1ms};
  this->pause(3ms);
  EXPECT_TRUE(every.stop());
  EXPECT_EQ(every.try_recv_for(3ms), status::timeout);
  EXPECT_FALSE(every.stop());
  const time_point begun = TypeParam::now();
  EXPECT_FALSE(every.reset(3ms));
  const time_point first = *every.recv();
  EXPECT_GE(first, begun + 3ms);
  EXPECT_EQ((*every.recv() - first) % 3ms, 0s);
}

TYPED_TEST(ticker_suite, is_a_case_of_select) {
  basic_ticker<TypeParam> every{500us};
  basic_channel<int, TypeParam> jobs;
  int ticks = 0;
  while (ticks < 3) select(on_recv(jobs), on_recv(every, [&](time_point) { ++ticks; }));
  EXPECT_EQ(ticks, 3);
}

TYPED_TEST(ticker_suite, wants_a_positive_period) {
  const contracts_throw contracts;
  EXPECT_THROW(basic_ticker<TypeParam>{0s}, contracts_throw::violation);
  EXPECT_THROW(basic_ticker<TypeParam>{-1s}, contracts_throw::violation);
  basic_ticker<TypeParam> every{1h};
  EXPECT_THROW(every.reset(0s), contracts_throw::violation);
  EXPECT_TRUE(every.stop());  // the old setting holds
}

TYPED_TEST(ticker_suite, does_not_overflow) {
  basic_ticker<TypeParam> every{duration::max()};
  EXPECT_EQ(every.try_recv(), status::would_block);
  every.reset(1ns);
  EXPECT_TRUE(every.recv());
  EXPECT_TRUE(every.recv());
}

}  // namespace lockstep::testing
