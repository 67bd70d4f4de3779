// channel_timed.hpp: how time and contexts end what waits for a channel (CH).
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct channel_timed_suite : suite<R> {
  using ints = basic_channel<int, R>;
};
TYPED_TEST_SUITE(channel_timed_suite, runtimes, suite_names);

TYPED_TEST(channel_timed_suite, a_timed_receive_ends_without_a_value_after_its_time) {
  typename TestFixture::ints ch;
  const auto begin = TypeParam::now();
  EXPECT_EQ(ch.try_recv_for(2ms).status(), status::timeout);
  EXPECT_GE(TypeParam::now() - begin, 2ms);
  EXPECT_EQ(ch.try_recv_until(begin).status(), status::timeout);
  EXPECT_EQ(ch.try_recv_until(std::chrono::system_clock::now() + 1ms).status(), status::timeout);
  EXPECT_EQ(ch.try_recv_for(-1h).status(), status::timeout);
}

TYPED_TEST(channel_timed_suite, a_timed_send_ends_after_its_time_and_sends_nothing) {
  typename TestFixture::ints ch{1};
  ch.send(1);
  const auto begin = TypeParam::now();
  EXPECT_EQ(ch.try_send_for(2, 2ms), status::timeout);
  EXPECT_GE(TypeParam::now() - begin, 2ms);
  EXPECT_EQ(ch.try_send_until(2, begin), status::timeout);
  EXPECT_EQ(this->drain(ch), std::vector{1});
}

TYPED_TEST(channel_timed_suite, a_timed_operation_proceeds_although_its_time_is_over) {
  typename TestFixture::ints ch{1};
  EXPECT_EQ(ch.try_send_for(1, -1s), status::ok);
  EXPECT_EQ(ch.try_recv_for(0s).value(), 1);
}

TYPED_TEST(channel_timed_suite, a_timed_operation_is_completed_by_the_other_side) {
  typename TestFixture::ints ch;
  auto receiver = this->blocked([&] { return ch.try_recv_for(1h); });
  ch.send(1);
  EXPECT_EQ(receiver.join().value(), 1);
  auto sender = this->blocked([&] { return ch.try_send_for(2, std::chrono::nanoseconds::max()); });
  EXPECT_EQ(ch.recv().value(), 2);
  EXPECT_EQ(sender.join(), status::ok);
}

TYPED_TEST(channel_timed_suite,
           a_receive_that_was_served_does_not_time_out_though_its_wake_up_is_late) {
  this->proves("CH-8");
  basic_channel<int, TypeParam> ch;
  for (bool served = false; !served;) {
    auto receiver = this->blocked([&] { return ch.try_recv_for(20ms); });
    {
      const typename TypeParam::late_wakes after_its_deadline;
      served = ch.try_send(1) == status::ok;
      if (served) this->pause(40ms);
    }
    EXPECT_EQ(receiver.join().status() == status::ok, served);
  }
}

TYPED_TEST(channel_timed_suite, a_context_ends_waits_on_both_sides) {
  typename TestFixture::ints ch;
  cancel_scope receiving;
  auto receiver = this->blocked([&] { return ch.recv(receiving.context()).status(); });
  receiving.cancel();
  EXPECT_EQ(receiver.join(), status::cancelled);
  cancel_scope sending;
  auto sender = this->blocked([&] { return ch.send(sending.context(), 1); });
  sending.cancel();
  EXPECT_EQ(sender.join(), status::cancelled);
  EXPECT_EQ(ch.try_recv().status(), status::would_block);  // neither left anything behind
  EXPECT_EQ(ch.try_send(1), status::would_block);
}

TYPED_TEST(channel_timed_suite, a_context_that_has_ended_forbids_even_what_could_proceed) {
  typename TestFixture::ints ch{2};
  ch.send(1);
  cancel_scope scope;
  scope.cancel();
  EXPECT_EQ(ch.recv(scope.context()).status(), status::cancelled);
  EXPECT_EQ(ch.send(scope.context(), 2), status::cancelled);
  EXPECT_EQ(ch.recv(cancel_scope{-1s}.context()).status(), status::timeout);
  EXPECT_EQ(this->drain(ch), std::vector{1});
}

TYPED_TEST(channel_timed_suite, a_deadline_of_the_context_ends_a_wait_as_timeout) {
  typename TestFixture::ints ch;
  cancel_scope scope{2ms};
  EXPECT_EQ(ch.recv(scope.context()).status(), status::timeout);
  EXPECT_TRUE(scope.context().done());
}

TYPED_TEST(channel_timed_suite, a_waiter_that_gave_up_keeps_nobody_from_his_turn) {
  this->proves("CH-11");
  typename TestFixture::ints ch;
  auto first = this->blocked([&] { ch.send(1); });
  cancel_scope scope;
  auto second = this->blocked([&] { return ch.send(scope.context(), 2); });
  auto third = this->blocked([&] { ch.send(3); });
  scope.cancel();
  EXPECT_EQ(second.join(), status::cancelled);
  EXPECT_EQ(this->drain(ch), (std::vector{1, 3}));
}

}  // namespace lockstep::testing
