// go_channels.hpp: what Go's own tests ask of a channel (src/runtime/chan_test.go, test/chan), asked
// here in this library's words (CH).
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../select.hpp"
#include "crowd.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct go_channels_suite : suite<R> {
  using ints = basic_channel<int, R>;
  using to_ints = basic_sender<int, R>;
  using from_ints = basic_receiver<int, R>;

  // f(capacity) for all capacities that Go looks at.
  template <class F>
  static void at_each_capacity(F f) {
    for (std::size_t capacity = 0; capacity < 200; ++capacity) {
      f(capacity);
      ASSERT_FALSE(::testing::Test::HasFailure()) << "at capacity " << capacity;
    }
  }
  // Sends 0, 1, 2... while there is room.
  static void fill(ints& ch) {
    for (int v = 0; ch.try_send(v) == status::ok; ++v) continue;
  }

  // The forms that do not wait, against a receiver and a sender that do.
  template <class T>
  static void meets_waiting_tasks(const T& value) {
    for (const std::size_t capacity : {0U, 1U}) {
      basic_channel<T, R> ch{capacity};
      EXPECT_EQ(ch.try_recv().status(), status::would_block);
      auto receiver = suite<R>::run([&] { return ch.recv(); });
      receiver.until_blocked();
      EXPECT_EQ(ch.try_send(value), status::ok);
      EXPECT_TRUE(receiver.join() == value);
      EXPECT_EQ(ch.try_send(value), capacity == 0 ? status::would_block : status::ok);
      auto sender = suite<R>::run([&] { ch.send(value); });
      sender.until_blocked();
      for (std::size_t i = 0; i <= capacity; ++i) EXPECT_TRUE(ch.try_recv() == value);
      sender.join();
      EXPECT_EQ(ch.try_recv().status(), status::would_block);
    }
  }
};
TYPED_TEST_SUITE(go_channels_suite, runtimes, suite_names);

// As Go's TestChan; so are the next six.
TYPED_TEST(go_channels_suite, blocks_receivers_while_it_is_empty) {
  this->proves("CH-11 CH-12 CH-16");
  this->at_each_capacity([&](std::size_t capacity) {
    typename TestFixture::ints ch{capacity};
    auto first = this->blocked([&] { return ch.recv(); });
    auto second = this->blocked([&] { return ch.recv(); });
    EXPECT_EQ(ch.try_recv().status(), status::would_block);
    EXPECT_EQ(ch.try_send(1), status::ok);
    EXPECT_EQ(ch.try_send(2), status::ok);
    EXPECT_EQ(first.join().value(), 1);
    EXPECT_EQ(second.join().value(), 2);
  });
}

TYPED_TEST(go_channels_suite, blocks_senders_while_it_is_full) {
  this->proves("CH-8 CH-9 CH-13 CH-16");
  this->at_each_capacity([&](std::size_t capacity) {
    typename TestFixture::ints ch{capacity};
    for (std::size_t i = 0; i < capacity; ++i) ch.send(0);
    auto sender = this->blocked([&] { ch.send(1); });
    EXPECT_EQ(ch.try_send(2), status::would_block);
    EXPECT_EQ(ch.recv().value(), capacity == 0 ? 1 : 0);
    sender.join();
    EXPECT_EQ(ch.size(), capacity);
  });
}

TYPED_TEST(go_channels_suite, yields_what_it_held_when_it_was_closed_and_then_nothing) {
  this->proves("CH-1 CH-2 CH-3");
  this->at_each_capacity([&](std::size_t capacity) {
    typename TestFixture::ints ch{capacity};
    this->fill(ch);
    ch.close();
    EXPECT_EQ(ch.try_send(0), status::closed);
    for (int v = 0; v < static_cast<int>(capacity); ++v) ASSERT_EQ(ch.recv().value(), v);
    for (int again = 0; again < 2; ++again) EXPECT_EQ(ch.recv().status(), status::closed);
  });
}

TYPED_TEST(go_channels_suite, releases_receivers_when_it_is_closed) {
  this->proves("CH-5");
  this->at_each_capacity([&](std::size_t capacity) {
    typename TestFixture::ints ch{capacity};
    auto receiver = this->blocked([&] { return ch.recv().status(); });
    ch.close();
    EXPECT_EQ(receiver.join(), status::closed);
  });
}

TYPED_TEST(go_channels_suite, passes_values_on_in_order) {
  this->proves("CH-10");
  this->at_each_capacity([&](std::size_t capacity) {
    typename TestFixture::ints ch{capacity};
    auto sender = this->run([&] {
      for (int v = 0; v < 100; ++v) ch.send(v);
    });
    for (int v = 0; v < 100; ++v) ASSERT_EQ(ch.recv().value(), v);
    sender.join();
  });
}

TYPED_TEST(go_channels_suite, gives_each_value_to_one_of_many_receivers) {
  this->proves("CH-10 CH-15 CH-19");
  constexpr std::size_t tasks = 4;
  const auto values = static_cast<std::size_t>(rounds(50));
  this->at_each_capacity([&](std::size_t capacity) {
    basic_channel<std::size_t, TypeParam> ch{capacity};
    std::vector<std::vector<std::size_t>> seen(tasks, std::vector<std::size_t>(values));
    crowd<TypeParam> senders, receivers;
    senders.start(tasks, [&](std::size_t) {
      for (std::size_t v = 0; v < values; ++v) ch.send(v);
    });
    receivers.start(tasks, [&](std::size_t who) {
      for (const std::size_t v : ch) ++seen[who][v];
    });
    senders.join();
    ch.close();
    receivers.join();
    for (std::size_t v = 0; v < values; ++v) {
      std::size_t times = 0;
      for (const auto& by : seen) times += by[v];
      EXPECT_EQ(times, tasks) << "of value " << v;
    }
  });
}

TYPED_TEST(go_channels_suite, knows_how_much_it_holds_and_can_hold) {
  this->proves("CH-8 CH-9 CH-18");
  this->at_each_capacity([&](std::size_t capacity) {
    typename TestFixture::ints ch{capacity};
    EXPECT_EQ(ch.size(), 0U);
    this->fill(ch);
    EXPECT_EQ(ch.size(), capacity);
    EXPECT_EQ(ch.capacity(), capacity);
  });
}

// As Go's TestNonblockRecvRace.
TYPED_TEST(go_channels_suite, is_ready_for_receivers_before_and_after_it_is_closed) {
  this->proves("CH-2 CH-16");
  for (int i = 0; i < rounds(300); ++i) {
    typename TestFixture::ints ch{1};
    ch.send(1);
    auto receiver = this->run([&] { return ch.try_recv(); });
    ch.close();
    const int here = ch.recv().value_or(0);
    auto there = receiver.join();
    EXPECT_NE(there.status(), status::would_block);
    ASSERT_EQ(here + std::move(there).value_or(0), 1);
  }
}

// As Go's test/chan/nonblock.go.
TYPED_TEST(go_channels_suite, does_not_wait_with_values_of_any_size) {
  this->proves("CH-8 CH-9 CH-12 CH-16");
  this->meets_waiting_tasks(true);
  this->meets_waiting_tasks(std::int32_t{123});
  this->meets_waiting_tasks(std::int64_t{123'456'789'012});
  this->meets_waiting_tasks(std::string{"a text that is kept on the heap"});
  this->meets_waiting_tasks(std::array<int, 100>{1, 2, 3});
}

// As Go's TestMultiConsumer.
TYPED_TEST(go_channels_suite, feeds_many_workers_who_feed_one_consumer) {
  this->proves("CH-5 CH-19");
  constexpr std::size_t workers = 23;
  const int values = rounds(5'000);
  typename TestFixture::ints work{workers * 3}, results{workers * 3};
  auto feeder = this->run([&] {
    crowd<TypeParam> crew;
    crew.start(workers, [&](std::size_t who) {
      for (const int v : work) {
        if (v % 10 == static_cast<int>(who % 10)) TypeParam::yield();  // let others overtake
        results.send(v);
      }
    });
    for (int v = 1; v <= values; ++v) work.send(v);
    work.close();
    crew.join();
    results.close();
  });
  std::int64_t count = 0;
  std::int64_t sum = 0;
  for (const int v : results) {
    ++count;
    sum += v;
  }
  feeder.join();
  EXPECT_EQ(count, values);
  EXPECT_EQ(sum, std::int64_t{values} * (values + 1) / 2);
}

// As Go's TestChanSendBarrier: a sender has nothing to do with the channel any more once its value
// was received.
TYPED_TEST(go_channels_suite, may_be_made_for_one_answer_and_thrown_away_with_it) {
  this->proves("CH-8 CH-20");
  crowd<TypeParam> clients;
  clients.start(4, [&](std::size_t) {
    for (int i = 0; i < rounds(50); ++i) {
      auto reply = std::make_unique<basic_channel<std::unique_ptr<int>, TypeParam>>();
      auto server = TestFixture::run([&ch = *reply, i] { ch.send(std::make_unique<int>(i)); });
      const auto answer = reply->recv();
      reply.reset();
      EXPECT_EQ(**answer, i);
      server.join();
    }
  });
  clients.join();
}

// As Go's test/chan/sendstmt.go.
TYPED_TEST(go_channels_suite, carries_other_channels) {
  this->proves("CH-20");
  typename TestFixture::ints ch{1};
  basic_channel<typename TestFixture::to_ints, TypeParam> channels{1};
  channels.send(ch);
  EXPECT_EQ(channels.recv()->try_send(2), status::ok);
  EXPECT_EQ(ch.try_recv().value(), 2);
}

// What a type lets its users do.
namespace go_perm {
template <class X>
concept sends = requires(X& x) { x.send(1), x.try_send(1), on_send(x, 1); };
template <class X>
concept receives = requires(X& x) { x.recv(), x.try_recv(), x.begin(), on_recv(x); };
template <class X>
concept closes = requires(X& x) { x.close(); };
template <class X>
concept does_not_send = !requires(X& x) { x.send(1); } && !requires(X& x) { x.try_send(1); } &&
                        !requires(X& x) { on_send(x, 1); };
template <class X>
concept does_not_receive = !requires(X& x) { x.recv(); } && !requires(X& x) { x.try_recv(); } &&
                           !requires(X& x) { x.begin(); } && !requires(X& x) { on_recv(x); };
}  // namespace go_perm

// As Go's test/chan/perm.go.
TYPED_TEST(go_channels_suite, has_ends_that_can_do_only_their_part) {
  using channel = typename TestFixture::ints;
  using sender = typename TestFixture::to_ints;
  using receiver = typename TestFixture::from_ints;
  static_assert(go_perm::sends<channel> && go_perm::receives<channel> && go_perm::closes<channel>);
  static_assert(go_perm::sends<sender> && go_perm::closes<sender>);
  static_assert(go_perm::does_not_receive<sender>);
  static_assert(go_perm::receives<receiver>);
  static_assert(go_perm::does_not_send<receiver> && !go_perm::closes<receiver>);
  static_assert(std::is_convertible_v<channel&, sender>);
  static_assert(std::is_convertible_v<channel&, receiver>);
  static_assert(!std::is_constructible_v<channel, sender>);
  static_assert(!std::is_constructible_v<channel, receiver>);
  static_assert(!std::is_constructible_v<sender, receiver>);
  static_assert(!std::is_constructible_v<receiver, sender>);

  channel ch{1};
  sender to{ch};
  receiver from{ch};
  to.send(7);
  to.close();
  EXPECT_EQ(from.recv().value(), 7);
  EXPECT_EQ(from.recv().status(), status::closed);
}

}  // namespace lockstep::testing
