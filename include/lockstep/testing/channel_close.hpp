// channel_close.hpp: what closing a channel does to both sides, and to who reads it to its end (CH).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct channel_close_suite : suite<R> {
  using ints = basic_channel<int, R>;
  contracts_throw contracts;
};
TYPED_TEST_SUITE(channel_close_suite, runtimes, suite_names);

TYPED_TEST(channel_close_suite, a_receive_from_a_closed_channel_ends_at_once_without_a_value) {
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

TYPED_TEST(channel_close_suite, values_buffered_before_close_are_still_received_in_order) {
  this->proves("CH-2");
  typename TestFixture::ints ch{3};
  for (const int v : {1, 2, 3}) ch.send(v);
  ch.close();
  for (const int v : {1, 2, 3}) EXPECT_EQ(ch.recv().value(), v);
  EXPECT_EQ(ch.recv().status(), status::closed);
}

TYPED_TEST(channel_close_suite, a_send_on_a_closed_channel_fails) {
  this->proves("CH-3");
  for (const std::size_t capacity : {0U, 2U}) {
    typename TestFixture::ints ch{capacity};
    ch.close();
    cancel_scope scope;
    EXPECT_EQ(this->thrown_by([&] { ch.send(1); }), status::closed);
    EXPECT_EQ(ch.try_send(1), status::closed);
    EXPECT_EQ(ch.try_send_for(1, 1h), status::closed);
    EXPECT_EQ(ch.send(scope.context(), 1), status::closed);
  }
  typename TestFixture::ints endless{unbounded};
  endless.close();
  EXPECT_EQ(this->thrown_by([&] { endless.send(1); }), status::closed);
}

TYPED_TEST(channel_close_suite, a_send_that_is_blocked_when_the_channel_is_closed_fails) {
  this->proves("CH-3 CH-5");
  for (const std::size_t capacity : {0U, 1U}) {
    typename TestFixture::ints ch{capacity};
    if (capacity > 0) ch.send(0);
    auto plain = this->blocked([&] { return this->thrown_by([&] { ch.send(1); }); });
    auto timed = this->blocked([&] { return ch.try_send_for(2, 1h); });
    auto bound = this->blocked([&] { return ch.send(background(), 3); });
    ch.close();
    EXPECT_EQ(plain.join(), status::closed);
    EXPECT_EQ(timed.join(), status::closed);
    EXPECT_EQ(bound.join(), status::closed);
    EXPECT_EQ(this->drain(ch).size(), capacity);
  }
}

TYPED_TEST(channel_close_suite, close_releases_every_blocked_receiver) {
  this->proves("CH-5");
  for (const std::size_t capacity : {0U, 2U}) {
    typename TestFixture::ints ch{capacity};
    auto plain = this->blocked([&] { return ch.recv().status(); });
    auto timed = this->blocked([&] { return ch.try_recv_for(1h).status(); });
    auto bound = this->blocked([&] { return ch.recv(background()).status(); });
    ch.close();
    EXPECT_EQ(plain.join(), status::closed);
    EXPECT_EQ(timed.join(), status::closed);
    EXPECT_EQ(bound.join(), status::closed);
  }
}

TYPED_TEST(channel_close_suite, a_second_close_breaks_the_contract) {
  this->proves("CH-4");
  typename TestFixture::ints ch{1};
  ch.send(1);
  ch.close();
  EXPECT_THROW(ch.close(), contracts_throw::violation);
  EXPECT_TRUE(ch.closed());
  EXPECT_EQ(ch.recv().value(), 1);
}

TYPED_TEST(channel_close_suite, the_handler_of_a_broken_contract_may_use_the_channel) {
  this->proves("CH-6");
  static typename TestFixture::ints* ch = nullptr;
  static bool closed = false;
  typename TestFixture::ints closed_twice;
  ch = &closed_twice;
  closed_twice.close();
  const auto before = set_contract_handler([](const contract_violation& v) {
    closed = v.object == ch && ch->closed() && ch->size() == 0;  // it is not locked
    throw contracts_throw::violation{v.rule};
  });
  EXPECT_THROW(ch->close(), contracts_throw::violation);
  set_contract_handler(before);
  EXPECT_TRUE(closed);
  EXPECT_EQ(ch->try_recv().status(), status::closed);  // the lock was not left held
}

TYPED_TEST(channel_close_suite, a_try_receive_never_reports_closed_before_the_last_value) {
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

TYPED_TEST(channel_close_suite, a_range_loop_ends_when_the_channel_is_closed_and_drained) {
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

TYPED_TEST(channel_close_suite, a_break_from_a_range_loop_leaves_the_rest_for_others) {
  this->proves("CH-19");
  typename TestFixture::ints ch{4};
  for (const int v : {1, 2, 3}) ch.send(v);
  for (const int v : ch) {
    if (v == 2) break;
  }
  EXPECT_EQ(this->drain(ch), std::vector{3});
}

TYPED_TEST(channel_close_suite, a_range_over_a_channel_of_void_counts_what_was_sent) {
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
