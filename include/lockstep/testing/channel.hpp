// channel.hpp: what a channel does (CH, MM-1..3).
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "payloads.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct channel_suite : suite<R> {
  using ints = basic_channel<int, R>;
  contracts_throw contracts;

  struct point {
    int x = 0;
    int y = 0;
  };

  void TearDown() override { EXPECT_EQ(counted::alive + fragile::alive, 0); }

  // What can be received without waiting.
  static std::vector<int> drain(ints& ch) {
    std::vector<int> all;
    while (auto v = ch.try_recv()) all.push_back(*v);
    return all;
  }
  // The status with which a plain send ends.
  static status send_status(ints& ch, int v) {
    try {
      ch.send(v);
      return status::ok;
    } catch (const error& e) {
      return e.status();
    }
  }
};
TYPED_TEST_SUITE(channel_suite, runtimes, suite_names);

TYPED_TEST(channel_suite, a_receive_from_a_closed_channel_ends_at_once_without_a_value) {
  this->proves("CH-1");
  for (const std::size_t capacity : {0U, 2U}) {
    typename TestFixture::ints ch{capacity};
    ch.close();
    cancel_scope scope;
    for (int again = 0; again < 3; ++again) {
      EXPECT_EQ(ch.recv().status(), status::closed);
      EXPECT_EQ(ch.try_recv().status(), status::closed);
      EXPECT_EQ(ch.try_recv_for(1h).status(), status::closed);
      EXPECT_EQ(ch.recv(scope.context()).status(), status::closed);
    }
  }
}

TYPED_TEST(channel_suite, values_buffered_before_close_are_still_received_in_order) {
  this->proves("CH-2");
  typename TestFixture::ints ch{3};
  for (const int v : {1, 2, 3}) ch.send(v);
  ch.close();
  for (const int v : {1, 2, 3}) EXPECT_EQ(ch.recv().value(), v);
  EXPECT_EQ(ch.recv().status(), status::closed);
}

TYPED_TEST(channel_suite, a_send_on_a_closed_channel_fails) {
  this->proves("CH-3");
  for (const std::size_t capacity : {0U, 2U}) {
    typename TestFixture::ints ch{capacity};
    ch.close();
    cancel_scope scope;
    EXPECT_EQ(TestFixture::send_status(ch, 1), status::closed);
    EXPECT_EQ(ch.try_send(1), status::closed);
    EXPECT_EQ(ch.try_send_for(1, 1h), status::closed);
    EXPECT_EQ(ch.send(scope.context(), 1), status::closed);
  }
  typename TestFixture::ints endless{unbounded};
  endless.close();
  EXPECT_EQ(TestFixture::send_status(endless, 1), status::closed);
}

TYPED_TEST(channel_suite, a_send_that_is_blocked_when_the_channel_is_closed_fails) {
  this->proves("CH-3 CH-5");
  for (const std::size_t capacity : {0U, 1U}) {
    typename TestFixture::ints ch{capacity};
    if (capacity > 0) ch.send(0);
    auto plain = this->run([&] { return TestFixture::send_status(ch, 1); });
    auto timed = this->run([&] { return ch.try_send_for(2, 1h); });
    auto bound = this->run([&] { return ch.send(background(), 3); });
    plain.until_blocked();
    timed.until_blocked();
    bound.until_blocked();
    ch.close();
    EXPECT_EQ(plain.join(), status::closed);
    EXPECT_EQ(timed.join(), status::closed);
    EXPECT_EQ(bound.join(), status::closed);
    EXPECT_EQ(TestFixture::drain(ch).size(), capacity);
  }
}

TYPED_TEST(channel_suite, a_second_close_breaks_the_contract) {
  this->proves("CH-4");
  typename TestFixture::ints ch{1};
  ch.send(1);
  ch.close();
  EXPECT_THROW(ch.close(), contracts_throw::violation);
  EXPECT_TRUE(ch.closed());
  EXPECT_EQ(ch.recv().value(), 1);
}

TYPED_TEST(channel_suite, close_releases_every_blocked_receiver) {
  this->proves("CH-5");
  for (const std::size_t capacity : {0U, 2U}) {
    typename TestFixture::ints ch{capacity};
    auto plain = this->run([&] { return ch.recv().status(); });
    auto timed = this->run([&] { return ch.try_recv_for(1h).status(); });
    auto bound = this->run([&] { return ch.recv(background()).status(); });
    plain.until_blocked();
    timed.until_blocked();
    bound.until_blocked();
    ch.close();
    EXPECT_EQ(plain.join(), status::closed);
    EXPECT_EQ(timed.join(), status::closed);
    EXPECT_EQ(bound.join(), status::closed);
  }
}

TYPED_TEST(channel_suite, the_handler_of_a_broken_contract_may_use_the_channel) {
  this->proves("CH-6");
  static typename TestFixture::ints* ch = nullptr;
  static bool closed = false;
  typename TestFixture::ints closed_twice;
  ch = &closed_twice;
  closed_twice.close();
  const auto before = set_contract_handler([](const contract_violation& v) {
    closed = v.object == ch;
    throw contracts_throw::violation{v.rule};
  });
  EXPECT_THROW(ch->close(), contracts_throw::violation);
  set_contract_handler(before);
  EXPECT_TRUE(closed);
  EXPECT_EQ(ch->try_recv().status(), status::closed);  // the lock was not left held
}

TYPED_TEST(channel_suite, the_destructor_of_a_payload_may_use_the_channel) {
  this->proves("CH-6");
  struct curious {
    basic_channel<curious, TypeParam>* ch;
    std::size_t* seen;
    curious(basic_channel<curious, TypeParam>& c, std::size_t& s) : ch{&c}, seen{&s} {}
    curious(curious&& o) noexcept : ch{std::exchange(o.ch, nullptr)}, seen{o.seen} {}
    ~curious() {
      if (ch != nullptr) *seen = ch->size();
    }
  };
  std::size_t seen = 9;
  basic_channel<curious, TypeParam> ch{2};
  ch.send(curious{ch, seen});
  ch.send(curious{ch, seen});
  static_cast<void>(ch.recv());  // destroyed here
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(ch.try_recv()->ch, &ch);
  EXPECT_EQ(seen, 0U);
}

TYPED_TEST(channel_suite, a_rendezvous_send_ends_when_a_receiver_has_the_value) {
  this->proves("CH-8");
  typename TestFixture::ints ch;
  std::atomic<bool> sent{false};
  auto sender = this->run([&] {
    ch.send(7);
    sent = true;
  });
  sender.until_blocked();
  EXPECT_FALSE(sent);
  EXPECT_EQ(ch.size(), 0U);
  EXPECT_EQ(ch.capacity(), 0U);
  EXPECT_EQ(ch.recv().value(), 7);
  sender.join();
  EXPECT_TRUE(sent);
}

TYPED_TEST(channel_suite, a_receive_that_was_served_does_not_time_out_though_its_wake_up_is_late) {
  this->proves("CH-8");
  basic_channel<int, TypeParam> ch;
  for (bool served = false; !served;) {
    auto receiver = this->run([&] { return ch.try_recv_for(20ms); });
    receiver.until_blocked();
    {
      const typename TypeParam::late_wakes after_its_deadline;
      served = ch.try_send(1) == status::ok;
      if (served) this->pause(40ms);
    }
    EXPECT_EQ(receiver.join().status() == status::ok, served);
  }
}

TYPED_TEST(channel_suite, a_rendezvous_receive_waits_for_a_sender) {
  this->proves("CH-8");
  typename TestFixture::ints ch;
  auto receiver = this->run([&] { return ch.recv(); });
  receiver.until_blocked();
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
    auto one_more = this->run([&] { ch.send(0); });
    one_more.until_blocked();
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
  auto receiver = this->run([&] { return ch.recv(); });
  receiver.until_blocked();
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
    EXPECT_EQ(TestFixture::drain(ch), expected);
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

TYPED_TEST(channel_suite, a_waiter_that_gave_up_keeps_nobody_from_his_turn) {
  this->proves("CH-11");
  typename TestFixture::ints ch;
  auto first = this->run([&] { ch.send(1); });
  first.until_blocked();
  cancel_scope scope;
  auto second = this->run([&] { return ch.send(scope.context(), 2); });
  second.until_blocked();
  auto third = this->run([&] { ch.send(3); });
  third.until_blocked();
  scope.cancel();
  EXPECT_EQ(second.join(), status::cancelled);
  EXPECT_EQ(TestFixture::drain(ch), (std::vector{1, 3}));
}

TYPED_TEST(channel_suite, a_waiting_receiver_gets_the_value_past_the_buffer) {
  this->proves("CH-12");
  typename TestFixture::ints ch{4};
  auto receiver = this->run([&] { return ch.recv(); });
  receiver.until_blocked();
  ch.send(1);
  EXPECT_EQ(ch.size(), 0U);  // a newcomer cannot take it
  EXPECT_EQ(ch.try_recv().status(), status::would_block);
  EXPECT_EQ(receiver.join().value(), 1);
}

TYPED_TEST(channel_suite, a_receive_lets_the_oldest_blocked_sender_into_the_full_buffer) {
  this->proves("CH-13");
  typename TestFixture::ints ch{1};
  ch.send(1);
  auto blocked = this->run([&] { ch.send(2); });
  blocked.until_blocked();
  EXPECT_EQ(ch.recv().value(), 1);
  EXPECT_EQ(ch.size(), 1U);  // whether or not the sender has run
  EXPECT_EQ(ch.try_send(3), status::would_block);
  EXPECT_EQ(TestFixture::drain(ch), std::vector{2});
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
  auto receiver = this->run([&] { return ch.recv(); });
  receiver.until_blocked();
  EXPECT_EQ(ch.try_send(1), status::ok);
  EXPECT_EQ(receiver.join().value(), 1);
  auto sender = this->run([&] { ch.send(2); });
  sender.until_blocked();
  EXPECT_EQ(ch.try_recv().value(), 2);
  sender.join();
}

TYPED_TEST(channel_suite, a_try_receive_never_reports_closed_before_the_last_value) {
  this->proves("CH-16");
  for (int round = 0; round < 200; ++round) {
    typename TestFixture::ints ch{1};
    auto sender = this->run([&] {
      ch.send(1);
      ch.close();
    });
    int values = 0;
    for (;;) {
      const auto v = ch.try_recv();
      if (v) ++values;
      if (v.status() == status::closed) break;
      TypeParam::yield();
    }
    ASSERT_EQ(values, 1);
    sender.join();
  }
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
  auto receiver = this->run([&] { return tokens.recv().status(); });
  receiver.until_blocked();
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
  auto blocked = this->run([&] { ch.send(2); });
  blocked.until_blocked();
  EXPECT_EQ(ch.size(), 1U);
  EXPECT_EQ(ch.capacity(), 1U);
  EXPECT_FALSE(ch.closed());
  EXPECT_EQ(TestFixture::drain(ch).size(), 2U);
  blocked.join();
}

TYPED_TEST(channel_suite, a_range_loop_ends_when_the_channel_is_closed_and_drained) {
  this->proves("CH-19");
  typename TestFixture::ints ch{2};
  auto sender = this->run([&] {
    for (int i = 0; i < 5; ++i) ch.send(i);
    ch.close();
  });
  std::vector<int> seen;
  for (const int v : ch) seen.push_back(v);
  EXPECT_EQ(seen, (std::vector{0, 1, 2, 3, 4}));
  sender.join();
}

TYPED_TEST(channel_suite, a_break_from_a_range_loop_leaves_the_rest_for_others) {
  this->proves("CH-19");
  typename TestFixture::ints ch{4};
  for (const int v : {1, 2, 3}) ch.send(v);
  for (const int v : ch) {
    if (v == 2) break;
  }
  EXPECT_EQ(TestFixture::drain(ch), std::vector{3});
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

TYPED_TEST(channel_suite, values_that_nobody_received_are_destroyed_with_the_channel) {
  this->proves("CH-21");
  {
    basic_channel<counted, TypeParam> ch{8};
    for (int i = 0; i < 6; ++i) ch.send(counted{i});
    EXPECT_EQ(ch.recv()->value, 0);
    ch.send(6);
    EXPECT_EQ(counted::alive, 6);
    ch.close();
    EXPECT_EQ(counted::alive, 6);
  }
  EXPECT_EQ(counted::alive, 0);
  {
    basic_channel<counted, TypeParam> ch{unbounded};
    for (int i = 0; i < 100; ++i) ch.send(i);
    EXPECT_EQ(counted::alive, 100);
  }
  EXPECT_EQ(counted::alive, 0);
}

TYPED_TEST(channel_suite, nothing_is_lost_or_destroyed_twice_on_any_path) {
  this->proves("CH-21");
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    basic_channel<counted, TypeParam> ch{capacity};
    auto sender = this->run([&] {
      int sent = 0;
      for (int i = 0; i < 2'000; ++i) {
        counted c{i};
        const status s = i % 3 == 0   ? ch.try_send(std::move(c))
                         : i % 3 == 1 ? ch.try_send_for(std::move(c), 5us)
                                      : (ch.send(std::move(c)), status::ok);
        EXPECT_EQ(c.value, s == status::ok ? -1 : i);
        sent += s == status::ok;
      }
      ch.close();
      return sent;
    });
    int received = 0;
    int last = -1;
    for (const counted& c : ch) {
      ASSERT_GT(c.value, last);
      last = c.value;
      ++received;
    }
    EXPECT_EQ(received, sender.join());
  }
}

// Spellings: each way in which a wait can end.

TYPED_TEST(channel_suite, a_timed_receive_ends_without_a_value_after_its_time) {
  typename TestFixture::ints ch;
  const auto begin = TypeParam::now();
  EXPECT_EQ(ch.try_recv_for(2ms).status(), status::timeout);
  EXPECT_GE(TypeParam::now() - begin, 2ms);
  EXPECT_EQ(ch.try_recv_until(begin).status(), status::timeout);
  EXPECT_EQ(ch.try_recv_until(std::chrono::system_clock::now() + 1ms).status(), status::timeout);
  EXPECT_EQ(ch.try_recv_for(-1h).status(), status::timeout);
}

TYPED_TEST(channel_suite, a_timed_send_ends_after_its_time_and_sends_nothing) {
  typename TestFixture::ints ch{1};
  ch.send(1);
  const auto begin = TypeParam::now();
  EXPECT_EQ(ch.try_send_for(2, 2ms), status::timeout);
  EXPECT_GE(TypeParam::now() - begin, 2ms);
  EXPECT_EQ(ch.try_send_until(2, begin), status::timeout);
  EXPECT_EQ(TestFixture::drain(ch), std::vector{1});
}

TYPED_TEST(channel_suite, a_timed_operation_proceeds_although_its_time_is_over) {
  typename TestFixture::ints ch{1};
  EXPECT_EQ(ch.try_send_for(1, -1s), status::ok);
  EXPECT_EQ(ch.try_recv_for(0s).value(), 1);
}

TYPED_TEST(channel_suite, a_timed_operation_is_completed_by_the_other_side) {
  typename TestFixture::ints ch;
  auto receiver = this->run([&] { return ch.try_recv_for(1h); });
  receiver.until_blocked();
  ch.send(1);
  EXPECT_EQ(receiver.join().value(), 1);
  auto sender = this->run([&] { return ch.try_send_for(2, std::chrono::nanoseconds::max()); });
  sender.until_blocked();
  EXPECT_EQ(ch.recv().value(), 2);
  EXPECT_EQ(sender.join(), status::ok);
}

TYPED_TEST(channel_suite, a_context_ends_waits_on_both_sides) {
  typename TestFixture::ints ch;
  cancel_scope receiving;
  auto receiver = this->run([&] { return ch.recv(receiving.context()).status(); });
  receiver.until_blocked();
  receiving.cancel();
  EXPECT_EQ(receiver.join(), status::cancelled);
  cancel_scope sending;
  auto sender = this->run([&] { return ch.send(sending.context(), 1); });
  sender.until_blocked();
  sending.cancel();
  EXPECT_EQ(sender.join(), status::cancelled);
  EXPECT_EQ(ch.try_recv().status(), status::would_block);  // neither left anything behind
  EXPECT_EQ(ch.try_send(1), status::would_block);
}

TYPED_TEST(channel_suite, a_context_that_has_ended_forbids_even_what_could_proceed) {
  typename TestFixture::ints ch{2};
  ch.send(1);
  cancel_scope scope;
  scope.cancel();
  EXPECT_EQ(ch.recv(scope.context()).status(), status::cancelled);
  EXPECT_EQ(ch.send(scope.context(), 2), status::cancelled);
  EXPECT_EQ(ch.recv(cancel_scope{-1s}.context()).status(), status::timeout);
  EXPECT_EQ(TestFixture::drain(ch), std::vector{1});
}

TYPED_TEST(channel_suite, a_deadline_of_the_context_ends_a_wait_as_timeout) {
  typename TestFixture::ints ch;
  cancel_scope scope{2ms};
  EXPECT_EQ(ch.recv(scope.context()).status(), status::timeout);
  EXPECT_TRUE(scope.context().done());
}

// Payloads.

TYPED_TEST(channel_suite, a_move_only_value_that_was_not_sent_stays_with_the_caller) {
  this->proves("CH-3");
  basic_channel<std::unique_ptr<int>, TypeParam> ch{1};
  auto value = std::make_unique<int>(7);
  ch.send(std::move(value));
  EXPECT_EQ(value, nullptr);
  value = std::make_unique<int>(8);
  cancel_scope over{0s};
  EXPECT_EQ(ch.try_send(std::move(value)), status::would_block);
  EXPECT_EQ(ch.try_send_for(std::move(value), 1us), status::timeout);
  EXPECT_EQ(ch.send(over.context(), std::move(value)), status::timeout);
  ch.close();
  EXPECT_EQ(ch.try_send(std::move(value)), status::closed);
  EXPECT_THROW(ch.send(std::move(value)), error);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 8);
  EXPECT_EQ(**ch.recv(), 7);
}

TYPED_TEST(channel_suite, a_blocked_move_only_value_comes_back_when_the_channel_closes) {
  this->proves("CH-3");
  basic_channel<std::unique_ptr<int>, TypeParam> ch;
  auto value = std::make_unique<int>(7);
  auto sender = this->run([&] { return ch.try_send_for(std::move(value), 1h); });
  sender.until_blocked();
  ch.close();
  EXPECT_EQ(sender.join(), status::closed);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 7);
}

TYPED_TEST(channel_suite, an_lvalue_is_copied) {
  basic_channel<std::string, TypeParam> ch{2};
  std::string text(100, 'x');
  const std::string constant = text;
  ch.send(text);
  ch.send(constant);
  EXPECT_EQ(text, constant);
  EXPECT_EQ(*ch.recv(), text);
  EXPECT_EQ(*ch.recv(), text);
}

TYPED_TEST(channel_suite, literals_and_other_convertible_values_are_converted) {
  basic_channel<std::string, TypeParam> text{3};
  text.send("literal");
  EXPECT_EQ(text.try_send("more"), status::ok);
  EXPECT_EQ(text.try_send_for("most", 1s), status::ok);
  EXPECT_EQ(*text.recv(), "literal");
  basic_channel<double, TypeParam> numbers{1};
  numbers.send(1);
  EXPECT_EQ(*numbers.recv(), 1.0);
}

TYPED_TEST(channel_suite, a_value_may_be_written_in_braces) {
  basic_channel<typename TestFixture::point, TypeParam> ch{4};
  ch.send({1, 2});
  EXPECT_EQ(ch.try_send({3, 4}), status::ok);
  EXPECT_EQ(ch.try_send_for({5, 6}, 1s), status::ok);
  EXPECT_EQ(ch.send(background(), {7, 8}), status::ok);
  int sum = 0;
  ch.close();
  for (const auto& p : ch) sum += p.x * p.y;
  EXPECT_EQ(sum, 2 + 12 + 30 + 56);
}

TYPED_TEST(channel_suite, a_payload_needs_no_default_constructor) {
  struct no_default {
    explicit no_default(int v) : value{v} {}
    int value;
  };
  basic_channel<no_default, TypeParam> ch;
  auto receiver = this->run([&] { return ch.recv()->value; });
  receiver.until_blocked();
  ch.send(no_default{7});
  EXPECT_EQ(receiver.join(), 7);
  EXPECT_FALSE(ch.try_recv());
}

TYPED_TEST(channel_suite, large_and_aligned_payloads_arrive_where_they_may_live) {
  for (const std::size_t capacity : {0U, 3U}) {
    basic_channel<wide, TypeParam> ch{capacity};
    auto sender = this->run([&] {
      for (int i = 0; i < 10; ++i) {
        wide w;
        w.numbers.fill(i);
        ch.send(std::move(w));
      }
      ch.close();
    });
    int expected = 0;
    for (wide& w : ch) {
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(&w) % alignof(wide), 0U);
      ASSERT_EQ(w.numbers.front(), expected);
      ASSERT_EQ(w.numbers.back(), expected++);
    }
    EXPECT_EQ(expected, 10);
    sender.join();
  }
}

TYPED_TEST(channel_suite, values_whose_move_may_throw_travel_on_every_path) {
  basic_channel<fragile, TypeParam> ch{1};
  fragile value{1};
  ch.send(std::move(value));
  EXPECT_EQ(value.value, 0);
  EXPECT_EQ(ch.recv()->value, 1);
  auto receiver = this->run([&] { return ch.recv()->value; });
  receiver.until_blocked();
  ch.send(fragile{2});
  EXPECT_EQ(receiver.join(), 2);
  ch.send(3);
  auto sender = this->run([&] { ch.send(fragile{4}); });
  sender.until_blocked();
  EXPECT_EQ(ch.recv()->value, 3);
  EXPECT_EQ(ch.recv()->value, 4);
  sender.join();
}

TYPED_TEST(channel_suite, a_value_whose_move_may_throw_comes_back_when_it_was_not_sent) {
  basic_channel<fragile, TypeParam> ch;
  fragile value{7};
  EXPECT_EQ(ch.try_send(std::move(value)), status::would_block);
  EXPECT_EQ(value.value, 7);
  EXPECT_EQ(ch.try_send_for(std::move(value), 1us), status::timeout);
  EXPECT_EQ(value.value, 7);
  ch.close();
  EXPECT_EQ(ch.try_send(std::move(value)), status::closed);
  EXPECT_EQ(value.value, 7);
}

TYPED_TEST(channel_suite, a_move_that_throws_in_send_leaves_value_and_channel_as_they_were) {
  basic_channel<fragile, TypeParam> ch{1};
  fragile value{7};
  fragile::moves_throw = true;
  EXPECT_THROW(ch.send(std::move(value)), std::runtime_error);
  fragile::moves_throw = false;
  EXPECT_EQ(value.value, 7);
  EXPECT_EQ(ch.size(), 0U);
  ch.send(std::move(value));
  EXPECT_EQ(ch.recv()->value, 7);
}

TYPED_TEST(channel_suite, a_move_that_throws_in_a_receive_reaches_the_receiver_alone) {
  basic_channel<fragile, TypeParam> ch{1};
  ch.send(1);
  auto blocked = this->run([&] { ch.send(2); });
  blocked.until_blocked();
  fragile::moves_throw = true;
  EXPECT_THROW(static_cast<void>(ch.recv()), std::runtime_error);
  fragile::moves_throw = false;
  blocked.join();
  EXPECT_EQ(ch.recv()->value, 2);  // the channel goes on
}

TYPED_TEST(channel_suite, a_value_that_cannot_be_made_leaves_the_channel_as_it_was) {
  struct picky {
    picky(int v) {
      if (v < 0) throw std::invalid_argument{"negative"};
    }
  };
  basic_channel<picky, TypeParam> ch{1};
  EXPECT_THROW(ch.send(-1), std::invalid_argument);
  EXPECT_EQ(ch.size(), 0U);
  EXPECT_EQ(ch.try_send(1), status::ok);
}

TYPED_TEST(channel_suite, a_capacity_that_cannot_be_allocated_is_refused) {
  EXPECT_THROW((typename TestFixture::ints{static_cast<std::size_t>(-2)}), std::bad_alloc);
}

// Memory model: plain data on both sides, for the thread sanitizer.

TYPED_TEST(channel_suite, what_a_sender_did_is_seen_by_the_receiver_of_its_value) {
  this->proves("MM-1");
  for (const std::size_t capacity : {0U, 2U}) {
    constexpr int values = 1'000;
    typename TestFixture::ints ch{capacity};
    std::vector<int> data(values);
    auto sender = this->run([&] {
      for (int i = 0; i < values; ++i) {
        data[static_cast<std::size_t>(i)] = i;
        ch.send(i);
      }
    });
    for (int i = 0; i < values; ++i) {
      ASSERT_EQ(data[static_cast<std::size_t>(ch.recv().value())], i);
    }
    sender.join();
  }
}

TYPED_TEST(channel_suite, what_a_receiver_did_is_seen_by_the_send_that_it_made_room_for) {
  this->proves("MM-2");
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    constexpr std::size_t values = 1'000;
    basic_channel<void, TypeParam> ch{capacity};
    std::vector<int> data(values);
    auto receiver = this->run([&] {
      for (std::size_t k = 0; k < values; ++k) {
        data[k] = 1;
        static_cast<void>(ch.recv());
      }
    });
    for (std::size_t k = 0; k < values; ++k) {
      ch.send();
      if (k >= capacity) {
        ASSERT_EQ(data[k - capacity], 1);
      }
    }
    receiver.join();
  }
}

TYPED_TEST(channel_suite, a_buffered_channel_is_a_semaphore) {
  this->proves("MM-2");
  basic_channel<void, TypeParam> permit{1};
  int counted_by_all = 0;
  const auto count = [&] {
    for (int i = 0; i < 2'000; ++i) {
      permit.send();
      ++counted_by_all;
      static_cast<void>(permit.recv());
    }
  };
  auto a = this->run(count);
  auto b = this->run(count);
  auto c = this->run(count);
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(counted_by_all, 6'000);
}

TYPED_TEST(channel_suite, what_was_done_before_close_is_seen_by_whoever_saw_the_close) {
  this->proves("MM-3");
  for (int round = 0; round < 200; ++round) {
    typename TestFixture::ints ch;
    int data = 0;
    auto closer = this->run([&] {
      data = 7;
      ch.close();
    });
    if (round % 2 == 0) {
      ASSERT_EQ(ch.recv().status(), status::closed);
    } else {
      ASSERT_EQ(TestFixture::send_status(ch, 1), status::closed);
    }
    ASSERT_EQ(data, 7);
    closer.join();
  }
}

TYPED_TEST(channel_suite, a_range_over_a_channel_of_void_counts_what_was_sent) {
  this->proves("CH-19");
  basic_channel<void, TypeParam> ch{3};
  ch.send();
  ch.send();
  ch.close();
  int seen = 0;
  for ([[maybe_unused]] auto token : ch) ++seen;
  EXPECT_EQ(seen, 2);
}

}  // namespace lockstep::testing
