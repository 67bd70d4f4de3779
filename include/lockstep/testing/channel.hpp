// channel.hpp: how values pass through a channel: by rendezvous, by a buffer, in order (CH).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct channel_suite : suite<R> {
  using ints = basic_channel<int, R>;
};
TYPED_TEST_SUITE(channel_suite, runtimes, suite_names);

TYPED_TEST(channel_suite, a_rendezvous_send_ends_when_a_receiver_has_the_value) {
  this->proves("CH-8");
  typename TestFixture::ints ch;
  std::atomic<bool> sent{false};
  auto sender = this->blocked([&] {
    ch.send(7);
    sent = true;
  });
  EXPECT_FALSE(sent);
  EXPECT_EQ(ch.size(), 0U);
  EXPECT_EQ(ch.capacity(), 0U);
  EXPECT_EQ(ch.recv().value(), 7);
  sender.join();
  EXPECT_TRUE(sent);
}

TYPED_TEST(channel_suite, a_rendezvous_receive_waits_for_a_sender) {
  this->proves("CH-8");
  typename TestFixture::ints ch;
  auto receiver = this->blocked([&] { return ch.recv(); });
  EXPECT_EQ(ch.size(), 0U);
  ch.send(7);
  EXPECT_EQ(receiver.join().value(), 7);
}

TYPED_TEST(channel_suite, a_buffer_of_n_takes_n_values_without_a_receiver) {
  this->proves("CH-9");
  for (const std::size_t capacity : {1U, 2U, 3U, 7U, 64U}) {
    typename TestFixture::ints ch{capacity};
    for (std::size_t i = 0; i < capacity; ++i) ASSERT_EQ(ch.try_send(0), status::ok);
    EXPECT_EQ(ch.size(), capacity);
    EXPECT_EQ(ch.try_send(0), status::would_block);
    auto one_more = this->blocked([&] { ch.send(0); });
    EXPECT_EQ(ch.recv().value(), 0);
    one_more.join();
    EXPECT_EQ(ch.size(), capacity);
  }
}

TYPED_TEST(channel_suite, values_leave_in_the_order_of_their_sends) {
  this->proves("CH-10");
  typename TestFixture::ints ch{5};
  int sent = 0;
  int received = 0;
  for (int round = 0; round < 20; ++round) {  // at every position in the ring
    for (int i = 0; i < 3; ++i) ch.send(sent++);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(ch.recv().value(), received++);
  }
}

TYPED_TEST(channel_suite, an_unbounded_channel_keeps_any_number_of_values_in_order) {
  this->proves("CH-10");
  typename TestFixture::ints ch{unbounded};
  int sent = 0;
  int received = 0;
  for (int burst : {1, 10, 100, 1'000, 10'000}) {  // grows while the ring is wrapped
    for (int i = 0; i < burst; ++i) ch.send(sent++);
    for (int i = 0; i < burst / 2; ++i) ASSERT_EQ(ch.recv().value(), received++);
  }
  EXPECT_EQ(ch.size(), static_cast<std::size_t>(sent - received));
  EXPECT_EQ(ch.capacity(), static_cast<std::size_t>(-1));
  ch.close();
  for (const int v : ch) ASSERT_EQ(v, received++);
  EXPECT_EQ(received, sent);
}

TYPED_TEST(channel_suite, an_unbounded_channel_makes_receivers_wait_and_gives_directly) {
  this->proves("CH-12");
  typename TestFixture::ints ch{unbounded};
  auto receiver = this->blocked([&] { return ch.recv(); });
  ch.send(1);
  EXPECT_EQ(ch.size(), 0U);
  EXPECT_EQ(receiver.join().value(), 1);
}

TYPED_TEST(channel_suite, blocked_senders_complete_in_order_of_arrival) {
  this->proves("CH-11");
  for (const std::size_t capacity : {0U, 2U}) {
    typename TestFixture::ints ch{capacity};
    std::vector<int> expected;
    for (std::size_t i = 0; i < capacity; ++i) {
      ch.send(0);
      expected.push_back(0);
    }
    auto senders = this->three_in_line([&](int v) { ch.send(v); });
    expected.insert(expected.end(), {1, 2, 3});
    EXPECT_EQ(this->drain(ch), expected);
  }
}

TYPED_TEST(channel_suite, blocked_receivers_are_served_in_order_of_arrival) {
  this->proves("CH-11");
  for (const std::size_t capacity : {0U, 2U}) {
    typename TestFixture::ints ch{capacity};
    auto receivers = this->three_in_line([&](int) { return ch.recv(); });
    for (const int v : {1, 2, 3}) ASSERT_EQ(ch.try_send(v), status::ok);
    int expected = 0;
    for (auto& receiver : receivers) EXPECT_EQ(receiver.join().value(), ++expected);
  }
}

TYPED_TEST(channel_suite, a_waiting_receiver_gets_the_value_past_the_buffer) {
  this->proves("CH-12");
  typename TestFixture::ints ch{4};
  auto receiver = this->blocked([&] { return ch.recv(); });
  ch.send(1);
  EXPECT_EQ(ch.size(), 0U);  // a newcomer cannot take it
  EXPECT_EQ(ch.try_recv().status(), status::would_block);
  EXPECT_EQ(receiver.join().value(), 1);
}

TYPED_TEST(channel_suite, a_receive_lets_the_oldest_blocked_sender_into_the_full_buffer) {
  this->proves("CH-13");
  typename TestFixture::ints ch{1};
  ch.send(1);
  auto blocked = this->blocked([&] { ch.send(2); });
  EXPECT_EQ(ch.recv().value(), 1);
  EXPECT_EQ(ch.size(), 1U);  // whether or not the sender has run
  EXPECT_EQ(ch.try_send(3), status::would_block);
  EXPECT_EQ(this->drain(ch), std::vector{2});
  blocked.join();
}

TYPED_TEST(channel_suite, a_value_stays_in_the_buffer_only_if_no_receiver_waits) {
  this->proves("CH-14 CH-15");
  typename TestFixture::ints ch{4};
  auto receivers = this->three_in_line([&](int) { return ch.recv(); });
  for (const int v : {1, 2, 3, 4}) {
    EXPECT_EQ(ch.try_send(v), status::ok);
    EXPECT_EQ(ch.size(), v <= 3 ? 0U : 1U);
  }
  for (auto& receiver : receivers) EXPECT_TRUE(receiver.join());
}

TYPED_TEST(channel_suite, there_is_room_in_the_buffer_only_if_no_sender_waits) {
  this->proves("CH-14 CH-15");
  typename TestFixture::ints ch{1};
  ch.send(0);
  auto senders = this->three_in_line([&](int v) { ch.send(v); });
  for (const int v : {0, 1, 2, 3}) {
    EXPECT_EQ(ch.try_recv().value(), v);
    EXPECT_EQ(ch.size(), v < 3 ? 1U : 0U);
  }
  for (auto& sender : senders) sender.join();
}

TYPED_TEST(channel_suite, a_stream_of_values_keeps_its_order_and_its_bound) {
  this->proves("CH-9 CH-10");
  typename TestFixture::ints ch{2};
  auto sender = this->run([&] {
    for (int i = 0; i < 5'000; ++i) ch.send(i);
    ch.close();
  });
  int received = 0;
  while (auto v = ch.recv()) {
    ASSERT_EQ(*v, received++);
    ASSERT_LE(ch.size(), 2U);
  }
  EXPECT_EQ(received, 5'000);
  sender.join();
}

TYPED_TEST(channel_suite, a_try_form_fails_only_when_it_cannot_proceed) {
  this->proves("CH-16");
  typename TestFixture::ints ch;
  EXPECT_EQ(ch.try_recv().status(), status::would_block);
  EXPECT_EQ(ch.try_send(1), status::would_block);
  auto receiver = this->blocked([&] { return ch.recv(); });
  EXPECT_EQ(ch.try_send(1), status::ok);
  EXPECT_EQ(receiver.join().value(), 1);
  auto sender = this->blocked([&] { ch.send(2); });
  EXPECT_EQ(ch.try_recv().value(), 2);
  sender.join();
}

TYPED_TEST(channel_suite, a_received_value_may_be_ignored_and_tokens_work) {
  this->proves("CH-17");
  basic_channel<void, TypeParam> tokens{2};
  tokens.send();
  EXPECT_EQ(tokens.try_send(), status::ok);
  EXPECT_EQ(tokens.try_send(), status::would_block);
  EXPECT_EQ(tokens.try_send_for(1us), status::timeout);
  EXPECT_EQ(tokens.send(cancel_scope{0s}.context()), status::timeout);
  static_cast<void>(tokens.recv());
  EXPECT_TRUE(tokens.try_recv());
  EXPECT_EQ(tokens.try_recv(), status::would_block);
  EXPECT_EQ(tokens.try_recv_for(1us), status::timeout);
  auto receiver = this->blocked([&] { return tokens.recv().status(); });
  tokens.send();
  EXPECT_EQ(receiver.join(), status::ok);
  tokens.send();
  tokens.close();
  int received = 0;
  while (tokens.recv()) ++received;
  EXPECT_EQ(received, 1);
  EXPECT_EQ(tokens.recv(), status::closed);
  EXPECT_EQ(tokens.try_send(), status::closed);
}

TYPED_TEST(channel_suite, size_and_capacity_do_not_wait_for_blocked_tasks) {
  this->proves("CH-18");
  typename TestFixture::ints ch{1};
  EXPECT_EQ(ch.size(), 0U);
  ch.send(1);
  auto blocked = this->blocked([&] { ch.send(2); });
  EXPECT_EQ(ch.size(), 1U);
  EXPECT_EQ(ch.capacity(), 1U);
  EXPECT_FALSE(ch.closed());
  EXPECT_EQ(this->drain(ch).size(), 2U);
  blocked.join();
}

TYPED_TEST(channel_suite, channels_travel_through_channels) {
  this->proves("CH-20");
  using reply = basic_channel<int, TypeParam>;
  basic_channel<std::shared_ptr<reply>, TypeParam> requests;
  auto server = this->run([&] {
    for (auto& to : requests) to->send(42);
  });
  for (int i = 0; i < 3; ++i) {
    auto answer = std::make_shared<reply>();
    requests.send(answer);
    EXPECT_EQ(answer->recv().value(), 42);
  }
  requests.close();
  server.join();
}

TYPED_TEST(channel_suite, a_channel_outlives_the_tasks_that_used_it) {
  this->proves("CH-20");
  const auto ch = std::make_unique<typename TestFixture::ints>(1);
  this->run([&] { ch->send(1); }).join();
  EXPECT_EQ(this->run([&] { return ch->recv(); }).join().value(), 1);
}

TYPED_TEST(channel_suite, a_capacity_that_cannot_be_allocated_is_refused) {
  EXPECT_THROW((typename TestFixture::ints{static_cast<std::size_t>(-2)}), std::bad_alloc);
}

}  // namespace lockstep::testing
