// topic_end.hpp: how subscriptions and topics end (TP-4, 6, 7).
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "../error.hpp"
#include "../select.hpp"
#include "../topic.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct topic_end_suite : suite<R> {
  using topic = basic_topic<int, R>;
};
TYPED_TEST_SUITE(topic_end_suite, runtimes, suite_names);

TYPED_TEST(topic_end_suite, cancel_ends_the_subscription_and_no_other) {
  this->proves("TP-6");
  typename TestFixture::topic t;
  auto cancelled = t.subscribe();
  auto other = t.subscribe();
  auto a = this->blocked([&] { return cancelled.recv().status(); });
  auto b = this->blocked([&] { return other.recv(); });
  cancelled.cancel();
  EXPECT_EQ(a.join(), status::cancelled);
  b.until_blocked();  // woken perhaps, but it waits on
  t.publish(7);
  EXPECT_EQ(b.join().value(), 7);
  EXPECT_EQ(cancelled.recv().status(), status::cancelled);
  EXPECT_EQ(cancelled.try_recv().status(), status::cancelled);
  cancelled.cancel();
}

TYPED_TEST(topic_end_suite, a_cancelled_subscription_does_not_read_its_history) {
  this->proves("TP-6");
  typename TestFixture::topic t;
  t.publish(1);
  auto sub = t.subscribe();
  sub.cancel();
  EXPECT_EQ(sub.recv().status(), status::cancelled);
  EXPECT_EQ(sub.seq(), 0U);
}

TYPED_TEST(topic_end_suite, close_lets_subscribers_finish_reading) {
  this->proves("TP-7");
  typename TestFixture::topic t;
  auto sub = t.subscribe();
  for (const int v : {1, 2}) t.publish(v);
  t.close();
  t.close();
  EXPECT_EQ(this->drain(sub), (std::vector{1, 2}));
  EXPECT_EQ(sub.recv().status(), status::closed);
  auto late = t.subscribe();
  EXPECT_EQ(this->drain(late), (std::vector{1, 2}));
  EXPECT_EQ(late.try_recv().status(), status::closed);
}

TYPED_TEST(topic_end_suite, nothing_is_published_on_a_closed_topic) {
  this->proves("TP-7");
  typename TestFixture::topic t;
  t.publish(1);
  t.close();
  EXPECT_EQ(this->thrown_by([&] { t.publish(2); }), status::closed);
  EXPECT_EQ(t.last(), 1U);
}

TYPED_TEST(topic_end_suite, the_destruction_of_a_topic_closes_it) {
  this->proves("TP-7");
  std::optional<typename TestFixture::topic> t{std::in_place};
  auto waiting = t->subscribe();
  auto reading = t->subscribe();
  auto w = this->run([&] { return std::pair{waiting.recv().value(), waiting.recv().status()}; });
  t->publish(1);
  w.until_blocked();
  t.reset();
  EXPECT_EQ(w.join(), (std::pair{1, status::closed}));
  EXPECT_EQ(this->drain(reading), (std::vector{1}));  // a subscription may outlive its topic
  EXPECT_EQ(reading.recv().status(), status::closed);
}

TYPED_TEST(topic_end_suite, a_range_loop_reads_until_the_topic_is_closed) {
  this->proves("TP-7");
  typename TestFixture::topic t;
  auto sum = this->run([sub = t.subscribe()]() mutable {
    int total = 0;
    for (const int v : sub) total += v;
    return total;
  });
  for (int v = 1; v <= 100; ++v) t.publish(v);
  t.close();
  EXPECT_EQ(sum.join(), 5050);
}

TYPED_TEST(topic_end_suite, a_select_waits_on_when_another_subscription_is_cancelled) {
  this->proves("TP-6");
  typename TestFixture::topic t;
  auto sub = t.subscribe();
  auto other = t.subscribe();
  auto waits = this->blocked([&] { return select(on_recv(sub)).status; });
  other.cancel();
  waits.until_blocked();
  t.publish(1);
  EXPECT_EQ(waits.join(), status::ok);
}

TYPED_TEST(topic_end_suite, a_select_tells_of_gaps_cancellation_and_the_end) {
  this->proves("TP-4 TP-6 TP-7");
  typename TestFixture::topic t{keep_last{1}};
  auto sub = t.subscribe();
  for (const int v : {1, 2}) t.publish(v);
  EXPECT_EQ(select(on_recv(sub)).status, status::gap);
  EXPECT_EQ(select(on_recv(sub)).status, status::ok);
  auto cancelled = t.subscribe_new();
  auto waits = this->blocked([&] { return select(on_recv(cancelled)).status; });
  cancelled.cancel();
  EXPECT_EQ(waits.join(), status::cancelled);
  auto last = this->blocked([&] { return select(on_recv(sub)).status; });
  t.close();
  EXPECT_EQ(last.join(), status::closed);
  EXPECT_THROW(select(on_recv(sub, [](int) { FAIL(); })), error);
}

}  // namespace lockstep::testing
