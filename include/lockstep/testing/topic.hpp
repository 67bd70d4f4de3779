// topic.hpp: what the subscribers of a topic read (TP-1..5, 8..10).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "../select.hpp"
#include "../topic.hpp"
#include "payloads.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct topic_suite : suite<R> {
  using topic = basic_topic<int, R>;

  // A payload that uses its topic while it is copied.
  struct talkative {
    using topic = basic_topic<talkative, R>;

    talkative(topic& t, int v) : own{&t}, value{v} {}
    talkative(const talkative& o) : own{o.own}, value{o.value} {
      static_cast<void>(own->last());
      static_cast<void>(own->subscribe_new().try_recv().status());
      if (value == 1) own->publish(talkative{*own, 2});
    }
    talkative(talkative&&) noexcept = default;

    topic* own;
    int value;
  };

  // Publishes the numbers from first to last.
  static void publish(topic& t, int first, int last) {
    for (int v = first; v <= last; ++v) t.publish(v);
  }
};
TYPED_TEST_SUITE(topic_suite, runtimes, suite_names);

TYPED_TEST(topic_suite, values_are_numbered_from_one) {
  this->proves("TP-1 TP-2");
  typename TestFixture::topic t;
  EXPECT_EQ(t.last(), 0U);
  EXPECT_EQ(t.publish(5), 1U);
  EXPECT_EQ(t.publish(6), 2U);
  EXPECT_EQ(t.last(), 2U);
  auto sub = t.subscribe();
  EXPECT_EQ(sub.seq(), 0U);
  EXPECT_EQ(sub.recv().value(), 5);
  EXPECT_EQ(sub.seq(), 1U);
  EXPECT_EQ(sub.recv().value(), 6);
  EXPECT_EQ(sub.seq(), 2U);
}

TYPED_TEST(topic_suite, a_late_subscriber_reads_the_history_first_and_then_what_comes) {
  this->proves("TP-3");
  typename TestFixture::topic t;
  this->publish(t, 1, 1000);
  auto late = t.subscribe();
  this->publish(t, 1001, 1010);
  std::vector<int> all(1010);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(this->drain(late), all);
  EXPECT_EQ(late.try_recv().status(), status::would_block);
}

TYPED_TEST(topic_suite, every_subscriber_gets_every_value) {
  this->proves("TP-2");
  typename TestFixture::topic t;
  auto early = t.subscribe();
  this->publish(t, 1, 2);
  auto late = t.subscribe();
  EXPECT_EQ(this->drain(early), (std::vector{1, 2}));
  EXPECT_EQ(this->drain(late), (std::vector{1, 2}));
}

TYPED_TEST(topic_suite, a_subscriber_waits_for_what_is_not_there_yet) {
  this->proves("TP-2");
  typename TestFixture::topic t;
  auto first = t.subscribe();
  auto second = t.subscribe();
  auto a = this->blocked([&] { return first.recv(); });
  auto b = this->blocked([&] { return second.recv(); });
  t.publish(7);
  EXPECT_EQ(a.join().value(), 7);
  EXPECT_EQ(b.join().value(), 7);
}

TYPED_TEST(topic_suite, every_form_of_recv_waits_in_its_own_way) {
  this->proves("TP-8");
  typename TestFixture::topic t;
  auto sub = t.subscribe();
  cancel_scope scope;
  EXPECT_EQ(sub.try_recv().status(), status::would_block);
  EXPECT_EQ(sub.try_recv_for(1ms).status(), status::timeout);
  EXPECT_EQ(sub.try_recv_until(TypeParam::now() + 1ms).status(), status::timeout);
  auto waits = this->blocked([&] { return sub.recv(scope.context()).status(); });
  scope.cancel();
  EXPECT_EQ(waits.join(), status::cancelled);
  t.publish(7);
  EXPECT_EQ(sub.recv(scope.context()).status(), status::cancelled);
  EXPECT_EQ(sub.recv().value(), 7);  // which none of them has lost
}

TYPED_TEST(topic_suite, only_the_last_values_are_kept) {
  this->proves("TP-4");
  typename TestFixture::topic t{keep_last{3}};
  this->publish(t, 1, 10);
  auto late = t.subscribe();
  EXPECT_EQ(this->drain(late), (std::vector{8, 9, 10}));
  EXPECT_EQ(late.seq(), 10U);
  EXPECT_EQ(t.last(), 10U);
}

TYPED_TEST(topic_suite, who_falls_behind_is_told_once_and_goes_on_with_the_oldest) {
  this->proves("TP-4");
  typename TestFixture::topic t{keep_last{3}};
  auto slow = t.subscribe();
  this->publish(t, 1, 2);
  EXPECT_EQ(slow.recv().value(), 1);
  this->publish(t, 3, 10);
  EXPECT_EQ(slow.recv().status(), status::gap);
  EXPECT_EQ(slow.seq(), 1U);
  EXPECT_EQ(slow.recv().value(), 8);
  EXPECT_EQ(slow.seq(), 8U);  // so it missed 2 to 7
  EXPECT_EQ(this->drain(slow), (std::vector{9, 10}));
  this->publish(t, 11, 13);
  EXPECT_EQ(this->drain(slow), (std::vector{11, 12, 13}));  // just in time: no gap
}

TYPED_TEST(topic_suite, a_slow_subscriber_holds_up_nobody) {
  this->proves("TP-5");
  typename TestFixture::topic t;
  auto slow = t.subscribe();
  auto quick = t.subscribe();
  for (int v = 1; v <= 10'000; ++v) {
    t.publish(v);
    ASSERT_EQ(quick.recv().value(), v);
  }
  for (int v = 1; v <= 10'000; ++v) ASSERT_EQ(slow.recv().value(), v);
}

TYPED_TEST(topic_suite, a_new_subscriber_may_skip_the_history) {
  this->proves("TP-3");
  typename TestFixture::topic t;
  auto from_the_start = t.subscribe_new();
  this->publish(t, 1, 3);
  auto sub = t.subscribe_new();
  EXPECT_EQ(sub.try_recv().status(), status::would_block);
  t.publish(4);
  EXPECT_EQ(sub.recv().value(), 4);
  EXPECT_EQ(sub.seq(), 4U);
  EXPECT_EQ(this->drain(from_the_start), (std::vector{1, 2, 3, 4}));
}

TYPED_TEST(topic_suite, a_subscriber_may_begin_anywhere) {
  this->proves("TP-3 TP-4");
  typename TestFixture::topic t{keep_last{3}};
  auto ahead = t.subscribe_from(5);
  this->publish(t, 1, 4);
  EXPECT_EQ(ahead.try_recv().status(), status::would_block);
  this->publish(t, 5, 6);
  EXPECT_EQ(this->drain(ahead), (std::vector{5, 6}));
  auto kept = t.subscribe_from(5);
  EXPECT_EQ(this->drain(kept), (std::vector{5, 6}));
  auto trimmed = t.subscribe_from(2);
  EXPECT_EQ(trimmed.recv().status(), status::gap);
  EXPECT_EQ(this->drain(trimmed), (std::vector{4, 5, 6}));
}

TYPED_TEST(topic_suite, publishers_at_once_number_densely_and_all_see_one_order) {
  this->proves("TP-1 TP-2");
  constexpr int publishers = 3;
  constexpr int each = 2'000;
  typename TestFixture::topic t;
  const auto publish_all = [&](int who) {
    std::vector<std::uint64_t> seqs;
    for (int i = 0; i < each; ++i) seqs.push_back(t.publish(who * each + i));
    return seqs;
  };
  const auto read_all = [](typename TestFixture::topic::subscription sub) {
    std::vector<int> values;
    while (values.size() < publishers * each) {
      values.push_back(sub.recv().value());
      EXPECT_EQ(sub.seq(), values.size());
    }
    return values;
  };
  auto r1 = this->run([&] { return read_all(t.subscribe()); });
  auto r2 = this->run([&] { return read_all(t.subscribe()); });
  auto p1 = this->run([&] { return publish_all(0); });
  auto p2 = this->run([&] { return publish_all(1); });
  const std::vector seqs{p1.join(), p2.join(), publish_all(2)};
  const auto order = r1.join();
  EXPECT_EQ(order, r2.join());
  EXPECT_EQ(order, read_all(t.subscribe()));
  for (int who = 0; who < publishers; ++who) {
    for (int i = 0; i < each; ++i) {  // what publish returned is where everybody found the value
      const auto seq = seqs[static_cast<std::size_t>(who)][static_cast<std::size_t>(i)];
      ASSERT_EQ(order.at(static_cast<std::size_t>(seq - 1)), who * each + i);
    }
  }
}

TYPED_TEST(topic_suite, a_subscription_may_be_a_case_of_a_select) {
  typename TestFixture::topic t;
  auto sub = t.subscribe();
  basic_channel<int, TypeParam> ch;
  int received = 0;
  const auto look = [&] { return select(on_recv(ch), on_recv(sub, [&](int v) { received = v; })); };
  t.publish(1);
  EXPECT_EQ(look().index, 1U);
  EXPECT_EQ(received, 1);
  auto waits = this->blocked(look);
  t.publish(2);
  EXPECT_EQ(waits.join().index, 1U);
  EXPECT_EQ(received, 2);
  EXPECT_EQ(sub.seq(), 2U);
}

TYPED_TEST(topic_suite, a_subscription_that_loses_a_select_reads_nothing) {
  this->proves("SEL-4 SEL-10 TP-8");
  typename TestFixture::topic t;
  auto sub = t.subscribe();
  basic_channel<int, TypeParam> ch;
  auto waits = this->blocked([&] { return select(on_recv(sub), on_recv(ch)).index; });
  ch.send(1);
  t.publish(7);
  EXPECT_EQ(waits.join(), 1U);
  EXPECT_EQ(sub.seq(), 0U);
  EXPECT_EQ(sub.recv().value(), 7);
}

TYPED_TEST(topic_suite, values_are_copied_with_nothing_locked) {
  this->proves("TP-9");
  using payload = typename TestFixture::talkative;
  typename payload::topic t;
  auto sub = t.subscribe_new();
  t.publish(payload{t, 1});
  EXPECT_EQ(sub.recv()->value, 1);  // and published another one while it was copied
  EXPECT_EQ(sub.recv()->value, 2);
  EXPECT_EQ(select(on_recv(sub), on_default()).index, 1U);
}

TYPED_TEST(topic_suite, values_live_until_they_are_trimmed) {
  this->proves("TP-9");
  basic_topic<std::shared_ptr<int>, TypeParam> t{keep_last{2}};
  std::weak_ptr<int> first;
  {
    auto value = std::make_shared<int>(1);
    first = value;
    t.publish(std::move(value));
  }
  t.publish(nullptr);
  EXPECT_FALSE(first.expired());
  t.publish(nullptr);
  EXPECT_TRUE(first.expired());
}

TYPED_TEST(topic_suite, values_whose_move_may_throw_are_received_whole) {
  basic_topic<fragile, TypeParam> t;
  auto sub = t.subscribe();
  t.publish(fragile{1});
  t.publish(2);
  EXPECT_EQ(sub.recv()->value, 1);
  int received = 0;
  select(on_recv(sub, [&](fragile v) { received = v.value; }));
  EXPECT_EQ(received, 2);
}

TYPED_TEST(topic_suite, a_value_whose_copy_throws_is_there_for_the_next_recv) {
  this->proves("TP-11");
  basic_topic<reluctant, TypeParam> t;
  auto sub = t.subscribe();
  for (const int i : {1, 2, 3}) t.publish(i);
  ASSERT_EQ(sub.recv()->value, 1);
  reluctant::copies_throw = true;
  EXPECT_THROW(static_cast<void>(sub.recv()), std::runtime_error);
  EXPECT_THROW(static_cast<void>(sub.try_recv()), std::runtime_error);
  reluctant::copies_throw = false;
  EXPECT_EQ(sub.seq(), 1U);
  EXPECT_EQ(sub.recv()->value, 2);
  EXPECT_EQ(sub.seq(), 2U);
  reluctant::copies_throw = true;
  EXPECT_THROW(select(on_recv(sub, [](reluctant) {})), std::runtime_error);
  reluctant::copies_throw = false;
  EXPECT_EQ(sub.seq(), 2U);
  int received = 0;
  select(on_recv(sub, [&](outcome<reluctant> v) { received = v->value; }));
  EXPECT_EQ(received, 3);
}

TYPED_TEST(topic_suite, what_was_written_before_publish_is_seen_after_recv) {
  this->proves("TP-10");
  typename TestFixture::topic t;
  auto sub = t.subscribe();
  int plain = 0;  // a data race unless ordered
  auto reads = this->run([&] { return sub.recv() ? plain : 0; });
  plain = 7;
  t.publish(1);
  EXPECT_EQ(reads.join(), 7);
}

}  // namespace lockstep::testing
