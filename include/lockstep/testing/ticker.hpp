// ticker.hpp: what tickers do (TM).
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "../channel.hpp"
#include "../select.hpp"
#include "../timer.hpp"
#include "world.hpp"

namespace lockstep::testing {

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
