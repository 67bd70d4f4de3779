// go_select_crowd.hpp: what Go's own tests ask of select with many tasks and with chance
// (src/runtime/chan_test.go, test/chan/doubleselect.go), asked here in this library's words (SEL).
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../context.hpp"
#include "../select.hpp"
#include "crowd.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct go_select_crowd_suite : suite<R> {
  using ints = basic_channel<int, R>;
  using to_ints = basic_sender<int, R>;
  using from_ints = basic_receiver<int, R>;

  // A view of ch, or an empty one.
  static to_ints sender_if(bool on, ints& ch) { return on ? to_ints{ch} : to_ints{}; }
  static from_ints receiver_if(bool on, ints& ch) { return on ? from_ints{ch} : from_ints{}; }
};
TYPED_TEST_SUITE(go_select_crowd_suite, runtimes, suite_names);

// As Go's test/chan/doubleselect.go.
TYPED_TEST(go_select_crowd_suite, sends_a_value_to_one_channel_only) {
  this->proves("SEL-4");
  const int values = rounds(1'000);
  std::array<typename TestFixture::ints, 4> lanes;
  typename TestFixture::ints all;
  crowd<TypeParam> forwarders;
  forwarders.start(lanes.size(), [&](std::size_t i) {
    for (const int v : lanes[i]) all.send(v);
  });
  auto sender = this->run([&] {
    auto& [a, b, c, d] = lanes;
    for (int v = 0; v < values; ++v) {
      select(on_send(a, v), on_send(b, v), on_send(c, v), on_send(d, v));
    }
    for (auto& lane : lanes) lane.close();
    forwarders.join();
    all.close();
  });
  std::vector<char> seen(static_cast<std::size_t>(values));
  int received = 0;
  for (const int v : all) {
    EXPECT_FALSE(std::exchange(seen.at(static_cast<std::size_t>(v)), 1)) << v << " came twice";
    ++received;
  }
  EXPECT_EQ(received, values);
  sender.join();
}

// As Go's TestSelfSelect.
TYPED_TEST(go_select_crowd_suite, may_offer_and_accept_on_one_channel) {
  this->proves("CH-14 SEL-7 SEL-9");
  for (const std::size_t capacity : {0U, 10U}) {
    typename TestFixture::ints ch{capacity};
    crowd<TypeParam> tasks;
    tasks.start(2, [&](std::size_t who) {
      const int own = static_cast<int>(who);
      const auto check = [&](int v) { EXPECT_TRUE(capacity > 0 || v != own) << "sent to itself"; };
      for (int i = 0; i < rounds(1'000); ++i) {
        if (own == 0 || i % 2 == 0) {
          select(on_send(ch, own), on_recv(ch, check));
        } else {
          select(on_recv(ch, check), on_send(ch, own));
        }
      }
    });
    tasks.join();
  }
}

// As Go's TestSelectStress: on each of four channels n values come from a plain sender and n from a
// select over all of them, and they go to a plain receiver and to another select.
TYPED_TEST(go_select_crowd_suite, works_beside_plain_operations_on_the_same_channels) {
  this->proves("CH-5 SEL-4 SEL-8 SEL-10");
  const int n = rounds(300);
  std::array<typename TestFixture::ints, 2> unbuffered;
  typename TestFixture::ints two{2}, three{3};
  const std::array<typename TestFixture::ints*, 4> ch{&unbuffered[0], &unbuffered[1], &two, &three};
  crowd<TypeParam> tasks;
  tasks.start(ch.size(), [&](std::size_t k) {
    for (int i = 0; i < n; ++i) ch[k]->send(0);
  });
  tasks.start(ch.size(), [&](std::size_t k) {
    for (int i = 0; i < n; ++i) EXPECT_EQ(ch[k]->recv().value(), 0);
  });
  tasks.start([&] {
    std::array<int, 4> sent{};
    const auto send = [&](std::size_t k) {
      return on_send(this->sender_if(sent[k] < n, *ch[k]), 0, [&sent, k] { ++sent[k]; });
    };
    for (int i = 0; i < 4 * n; ++i) select(send(3), send(2), send(0), send(1));
  });
  tasks.start([&] {
    std::array<int, 4> received{};
    const auto receive = [&](std::size_t k) {
      return on_recv(this->receiver_if(received[k] < n, *ch[k]),
                     [&received, k](int) { ++received[k]; });
    };
    for (int i = 0; i < 4 * n; ++i) select(receive(0), receive(1), receive(2), receive(3));
  });
  tasks.join();
  for (const auto* c : ch) EXPECT_EQ(c->size(), 0U);
}

// As Go's BenchmarkChanPopular.
TYPED_TEST(go_select_crowd_suite, lets_many_tasks_share_a_channel_that_stops_them_all) {
  this->proves("CH-5 SEL-6 SEL-10");
  constexpr std::size_t tasks = 40;
  const int values = rounds(10);
  basic_channel<void, TypeParam> stop;
  std::vector<typename TestFixture::ints> own(tasks);
  std::vector<int> received(tasks);
  crowd<TypeParam> readers;
  readers.start(tasks, [&](std::size_t i) {
    bool stopped = false;
    const auto end = [&](outcome<void>) { stopped = true; };
    while (!stopped) select(on_recv(stop, end), on_recv(own[i], [&](int v) { received[i] += v; }));
  });
  for (int i = 0; i < values; ++i) {
    for (auto& ch : own) ch.send(1);
  }
  readers.until_blocked();
  stop.close();
  readers.join();
  EXPECT_EQ(received, std::vector<int>(tasks, values));
}

TYPED_TEST(go_select_crowd_suite, collects_from_many_channels_until_it_is_told_to_stop) {
  this->proves("SEL-4 SEL-6 SEL-8");
  constexpr std::size_t tasks = 20;
  const int values = rounds(50);
  std::vector<typename TestFixture::ints> channels(tasks + 1);  // the last one stops
  int sum = 0;
  bool stopped = false;
  auto collector = this->run([&] {
    using handler = std::function<void(outcome<int>)>;
    const handler take = [&](outcome<int> v) { v ? void(sum += *v) : void(stopped = true); };
    std::vector<decltype(on_recv(channels[0], take))> cases;
    for (auto& ch : channels) cases.push_back(on_recv(ch, take));
    while (!stopped) select_list(cases);
  });
  crowd<TypeParam> senders;
  senders.start(tasks, [&](std::size_t i) {
    for (int v = 0; v < values; ++v) channels[i].send(1);
  });
  senders.join();
  channels.back().close();
  collector.join();
  EXPECT_EQ(sum, static_cast<int>(tasks) * values);
}

// As Go's TestSelectFairness.
TYPED_TEST(go_select_crowd_suite, is_fair_to_channels_that_are_always_ready) {
  this->proves("SEL-2");
  const int trials = rounds(5'000);
  typename TestFixture::ints always[2] = {typename TestFixture::ints{unbounded},
                                          typename TestFixture::ints{unbounded}};
  for (int i = 0; i <= trials; ++i) {
    for (int k : {0, 1}) always[k].send(k);
  }
  typename TestFixture::ints silent, mute, out;
  basic_channel<void, TypeParam> done;
  auto chooser = this->run([&] {
    seed_choices<TypeParam>();
    for (selected s{}; s.index != 1;) {
      int v = -1;
      const auto take = [&](int arrived) { v = arrived; };
      select(on_recv(silent, take), on_recv(mute, take), on_recv(always[0], take),
             on_recv(always[1], take));
      s = select(on_send(out, v), on_recv(done));
    }
  });
  fair_share share{2};
  for (int i = 0; i < trials; ++i) share.add(static_cast<std::size_t>(out.recv().value()));
  done.close();
  chooser.join();
  EXPECT_TRUE(share.is_kept());
}

TYPED_TEST(go_select_crowd_suite, is_fair_between_a_channel_and_the_end_of_a_context) {
  this->proves("SEL-2 SEL-12");
  seed_choices<TypeParam>();
  typename TestFixture::ints ready{1};
  ready.send(0);
  cancel_scope ended;
  ended.cancel();
  fair_share share{2};
  for (int i = 0; i < rounds(10'000); ++i) {
    const auto s = select(on_recv(ready), on_done(ended.context()));
    share.add(s.index);
    if (s.index == 0) ready.send(0);
  }
  EXPECT_TRUE(share.is_kept());
}

// As Go's TestPseudoRandomSend.
TYPED_TEST(go_select_crowd_suite, sends_either_of_two_values_to_one_channel) {
  this->proves("SEL-2 SEL-7");
  constexpr int n = 100;
  for (const std::size_t capacity : {0U, 100U}) {
    typename TestFixture::ints ch{capacity};
    auto receiver = this->run([&] {
      int ones = 0;
      for (int i = 0; i < n; ++i) {
        TypeParam::yield();
        ones += ch.recv().value();
      }
      return ones;
    });
    for (int i = 0; i < n; ++i) select(on_send(ch, 1), on_send(ch, 0));
    const int ones = receiver.join();
    EXPECT_GT(ones, n / 10);
    EXPECT_LT(ones, n - n / 10);
  }
}

// As Go's TestNonblockSelectRace and TestNonblockSelectRace2: at every moment one of two channels
// is ready, though not always the same one.
TYPED_TEST(go_select_crowd_suite, looks_at_all_channels_at_one_moment) {
  this->proves("CH-16 SEL-3 SEL-8");
  const auto race = [&](auto make_ready) {
    for (int i = 0; i < rounds(300); ++i) {
      typename TestFixture::ints one{1}, two{1};
      one.send(1);
      auto other =
          this->run([&] { return select(on_recv(one), on_recv(two), on_default()).index; });
      make_ready(two);
      static_cast<void>(one.try_recv());
      ASSERT_NE(other.join(), 2U) << "no channel was ready";
    }
  };
  race([](auto& ch) { ch.send(1); });
  race([](auto& ch) { ch.close(); });
}

// As Go's TestChanSendSelectBarrier.
TYPED_TEST(go_select_crowd_suite, answers_many_requests_for_which_a_channel_each_was_made) {
  this->proves("CH-20 SEL-10");
  crowd<TypeParam> clients;
  clients.start(4, [&](std::size_t) {
    for (int i = 0; i < rounds(50); ++i) {
      basic_channel<std::unique_ptr<int>, TypeParam> reply;
      basic_channel<void, TypeParam> gone;
      auto server = TestFixture::run(
          [&] { return select(on_send(reply, std::make_unique<int>(i)), on_recv(gone)).index; });
      EXPECT_EQ(**reply.recv(), i);
      EXPECT_EQ(server.join(), 0U);
    }
  });
  clients.join();
}

}  // namespace lockstep::testing
