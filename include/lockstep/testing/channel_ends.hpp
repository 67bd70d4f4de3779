// channel_ends.hpp: what the directional views of a channel do (CH-4, CH-7, CH-18).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "../channel_ends.hpp"
#include "../context.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct channel_ends_suite : suite<R> {
  using channel = basic_channel<int, R>;
  using sender = basic_sender<int, R>;
  using receiver = basic_receiver<int, R>;
  contracts_throw contracts;
};
TYPED_TEST_SUITE(channel_ends_suite, runtimes, suite_names);

TYPED_TEST(channel_ends_suite, what_is_sent_through_one_end_is_received_through_the_other) {
  typename TestFixture::channel ch;
  auto t = this->run([to = typename TestFixture::sender{ch}]() mutable {
    for (int v = 1; v <= 3; ++v) to.send(v);
    to.close();
  });
  typename TestFixture::receiver from{ch};
  std::vector<int> received;
  for (const int v : from) received.push_back(v);
  t.join();
  EXPECT_EQ(received, (std::vector{1, 2, 3}));
  EXPECT_TRUE(ch.closed());
}

TYPED_TEST(channel_ends_suite, every_form_goes_to_the_channel) {
  typename TestFixture::channel ch{1};
  typename TestFixture::sender to{ch};
  typename TestFixture::receiver from{ch};
  const cancel_scope scope;
  const auto soon = [] { return TypeParam::now() + 1ms; };
  EXPECT_EQ(to.try_send(1), status::ok);
  EXPECT_EQ(to.try_send(2), status::would_block);
  EXPECT_EQ(to.try_send_for(2, 1ms), status::timeout);
  EXPECT_EQ(to.try_send_until(2, soon()), status::timeout);
  EXPECT_EQ(from.try_recv().value(), 1);
  EXPECT_EQ(to.send(scope.context(), 3), status::ok);
  EXPECT_EQ(from.recv(scope.context()).value(), 3);
  EXPECT_EQ(from.try_recv().status(), status::would_block);
  EXPECT_EQ(from.try_recv_for(1ms).status(), status::timeout);
  EXPECT_EQ(from.try_recv_until(soon()).status(), status::timeout);
  to.close();
  EXPECT_EQ(from.recv().status(), status::closed);
  EXPECT_THROW(to.send(4), error);
}

TYPED_TEST(channel_ends_suite, an_end_tells_the_size_and_capacity_of_its_channel) {
  this->proves("CH-18");
  typename TestFixture::channel ch{3};
  const typename TestFixture::sender to{ch};
  const typename TestFixture::receiver from{ch};
  ch.send(1);
  EXPECT_TRUE(to && from);
  EXPECT_EQ(to.size(), 1U);
  EXPECT_EQ(from.size(), 1U);
  EXPECT_EQ(to.capacity(), 3U);
  EXPECT_EQ(from.capacity(), 3U);
}

TYPED_TEST(channel_ends_suite, an_empty_end_has_no_size_and_no_capacity) {
  this->proves("CH-18");
  const typename TestFixture::sender to;
  const typename TestFixture::receiver from;
  EXPECT_FALSE(to || from);
  EXPECT_EQ(to.size() + from.size(), 0U);
  EXPECT_EQ(to.capacity() + from.capacity(), 0U);
}

TYPED_TEST(channel_ends_suite, operations_that_do_not_wait_fail_at_once_on_an_empty_end) {
  this->proves("CH-7");
  typename TestFixture::sender to;
  typename TestFixture::receiver from;
  EXPECT_EQ(to.try_send(1), status::would_block);
  EXPECT_EQ(from.try_recv().status(), status::would_block);
}

TYPED_TEST(channel_ends_suite, an_empty_end_blocks_until_the_deadline) {
  this->proves("CH-7");
  typename TestFixture::sender to;
  typename TestFixture::receiver from;
  const auto begun = TypeParam::now();
  EXPECT_EQ(to.try_send_for(1, 5ms), status::timeout);
  EXPECT_EQ(from.try_recv_for(5ms).status(), status::timeout);
  EXPECT_GE(TypeParam::now() - begun, 10ms);
}

TYPED_TEST(channel_ends_suite, an_empty_end_blocks_until_the_context_ends) {
  this->proves("CH-7");
  cancel_scope scope;
  auto sending =
      this->blocked([&] { return typename TestFixture::sender{}.send(scope.context(), 1); });
  auto receiving = this->blocked(
      [&] { return typename TestFixture::receiver{}.recv(scope.context()).status(); });
  scope.cancel();
  EXPECT_EQ(sending.join(), status::cancelled);
  EXPECT_EQ(receiving.join(), status::cancelled);
  EXPECT_EQ(typename TestFixture::receiver{}.recv(scope.context()).status(), status::cancelled);
}

TYPED_TEST(channel_ends_suite, closing_an_empty_sender_breaks_the_contract) {
  this->proves("CH-4");
  typename TestFixture::sender nothing;
  EXPECT_THROW(nothing.close(), contracts_throw::violation);
}

TYPED_TEST(channel_ends_suite, an_end_can_be_emptied_and_set_again) {
  typename TestFixture::channel ch{1};
  typename TestFixture::receiver from;
  from = ch;
  ch.send(1);
  EXPECT_EQ(from.try_recv().value(), 1);
  ch.send(2);
  from = {};
  EXPECT_EQ(from.try_recv().status(), status::would_block);
  EXPECT_EQ(ch.size(), 1U);
}

TYPED_TEST(channel_ends_suite, a_value_that_an_empty_end_did_not_send_stays_with_the_caller) {
  basic_sender<std::unique_ptr<int>, TypeParam> nothing;
  auto value = std::make_unique<int>(7);
  EXPECT_EQ(nothing.try_send(std::move(value)), status::would_block);
  EXPECT_EQ(nothing.try_send_for(std::move(value), 1ms), status::timeout);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 7);
}

TYPED_TEST(channel_ends_suite, signals_have_ends_too) {
  basic_channel<void, TypeParam> ch{1};
  basic_sender<void, TypeParam> to{ch};
  basic_receiver<void, TypeParam> from{ch};
  to.send();
  EXPECT_EQ(to.try_send(), status::would_block);
  EXPECT_EQ(from.recv().status(), status::ok);
}

}  // namespace lockstep::testing
