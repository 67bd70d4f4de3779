// crossbeam_crowd.hpp: what the tests of Rust's crossbeam-channel ask of a channel that tasks use at
// the same time (tests/array.rs, list.rs, zero.rs, mpsc.rs), asked here in this library's words (CH).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "crossbeam.hpp"
#include "crowd.hpp"

namespace lockstep::testing {

template <class R>
struct crossbeam_crowd_suite : crossbeam_suite<R> {};
TYPED_TEST_SUITE(crossbeam_crowd_suite, runtimes, suite_names);

// As mpsc.rs' oneshot_multi_thread_close_stress and its like.
TYPED_TEST(crossbeam_crowd_suite, may_be_closed_while_others_come_to_it) {
  this->proves("CH-3 CH-5 CH-16");
  for (int i = 0; i < rounds(100); ++i) {
    this->with_every_kind([&](auto capacity) {
      typename TestFixture::ints ch{capacity};
      auto receiver = this->run([&] { return ch.recv().status(); });
      auto sender = this->run([&] { return ch.send(lockstep::background(), 1); });
      ch.close();
      const status sent = sender.join();
      EXPECT_TRUE(sent == status::ok || sent == status::closed);
      EXPECT_EQ(receiver.join(), sent);  // the only value either came or did not
    });
  }
}

// As spsc and len.
TYPED_TEST(crossbeam_crowd_suite, passes_many_values_from_one_to_one_and_never_holds_too_many) {
  this->proves("CH-8 CH-10 CH-18 CH-19");
  const int values = rounds(1'000);
  this->with_every_kind([&](auto capacity) {
    typename TestFixture::ints ch{capacity};
    auto sender = this->run([&] {
      for (int v = 0; v < values; ++v) {
        ch.send(v);
        EXPECT_LE(ch.size(), ch.capacity());
      }
      ch.close();
    });
    int next = 0;
    for (const int v : ch) {
      ASSERT_EQ(v, next++);
      EXPECT_LE(ch.size(), ch.capacity());
    }
    EXPECT_EQ(next, values);
    sender.join();
    EXPECT_EQ(ch.size(), 0U);
  });
}

// As mpmc.
TYPED_TEST(crossbeam_crowd_suite, passes_many_values_from_many_to_many) {
  this->proves("CH-10 CH-15");
  constexpr std::size_t tasks = 4;
  const auto values = static_cast<std::size_t>(rounds(500));
  this->with_every_kind([&](auto capacity) {
    basic_channel<std::size_t, TypeParam> ch{capacity};
    std::vector<std::atomic<std::size_t>> times(values);
    crowd<TypeParam> crew;
    crew.start(tasks, [&](std::size_t) {
      for (std::size_t n = 0; n < values; ++n) ++times[ch.recv().value()];
    });
    crew.start(tasks, [&](std::size_t) {
      for (std::size_t v = 0; v < values; ++v) ch.send(v);
    });
    crew.join();
    for (const auto& n : times) EXPECT_EQ(n, tasks);
    EXPECT_EQ(ch.size(), 0U);
  });
}

// As stress_oneshot.
TYPED_TEST(crossbeam_crowd_suite, may_be_made_for_one_value) {
  this->proves("CH-8 CH-20");
  for (int i = 0; i < rounds(200); ++i) {
    typename TestFixture::ints ch{static_cast<std::size_t>(i % 2)};
    auto receiver = this->run([&] { return ch.recv().value(); });
    ch.send(i);
    ASSERT_EQ(receiver.join(), i);
  }
}

// As stress_iter, and iter.rs' recv_try_iter.
TYPED_TEST(crossbeam_crowd_suite, serves_a_task_that_takes_all_there_is_and_asks_for_more) {
  this->proves("CH-5 CH-16 CH-19");
  const int wanted = rounds(500);
  basic_channel<void, TypeParam> requests{1};
  typename TestFixture::ints replies{1};
  auto client = this->run([&] {
    int count = 0;
    while (count < wanted) {
      if (const auto v = replies.try_recv()) {
        count += *v;
      } else {
        requests.send();
      }
    }
    requests.close();
    return count;
  });
  while (requests.recv()) {
    if (replies.try_send(1) == status::would_block) TypeParam::yield();
  }
  EXPECT_EQ(client.join(), wanted);
}

// As stress_timeout_two_threads: nothing is lost when patience ends just as the other side comes.
TYPED_TEST(crossbeam_crowd_suite, passes_each_value_once_to_impatient_tasks) {
  this->proves("CH-8 CH-10");
  this->pass_impatiently([](auto& ch, int v) { return ch.try_send_for(v, 200us) == status::ok; },
                         [](auto& ch, int v) {
                           const auto received = ch.try_recv_for(200us);
                           if (received) {
                             EXPECT_EQ(*received, v);
                           }
                           return bool{received};
                         });
}

// As mpsc.rs' stress_recv_timeout_shared.
TYPED_TEST(crossbeam_crowd_suite,
           gives_an_impatient_receiver_what_many_senders_take_their_time_over) {
  this->proves("CH-2 CH-5");
  constexpr std::size_t tasks = 20;
  this->with_every_kind([&](auto capacity) {
    typename TestFixture::ints ch{capacity};
    auto all = this->run([&] {
      crowd<TypeParam> senders;
      senders.start(tasks, [&](std::size_t i) {
        TestFixture::pause(i * 100us);
        ch.send(1);
      });
      senders.join();
      ch.close();
    });
    std::size_t received = 0;
    for (status s = status::ok; s != status::closed;) {
      s = ch.try_recv_for(500us).status();
      if (s == status::ok) ++received;
    }
    EXPECT_EQ(received, tasks);
    all.join();
  });
}

// As linearizable: with room for everybody, whoever has sent finds something to receive.
TYPED_TEST(crossbeam_crowd_suite, always_has_something_for_a_task_that_has_just_sent) {
  this->proves("CH-10 CH-16");
  constexpr std::size_t tasks = 4;
  const auto check = [](auto capacity) {
    typename TestFixture::ints ch{capacity};
    crowd<TypeParam> crew;
    crew.start(tasks, [&](std::size_t) {
      for (int i = 0; i < rounds(5'000); ++i) {
        EXPECT_EQ(ch.try_send(0), status::ok);
        EXPECT_EQ(ch.try_recv().status(), status::ok);
      }
    });
    crew.join();
  };
  check(tasks);
  check(unbounded);
}

// As channel_through_channel: each message is the channel in which the next one comes.
TYPED_TEST(crossbeam_crowd_suite, carries_the_channel_that_takes_its_place) {
  this->proves("CH-20");
  this->pass_channels([](auto& to, auto next) { to.send(std::move(next)); },
                      [](auto& from) { return from.recv().value().next; });
}

}  // namespace lockstep::testing
