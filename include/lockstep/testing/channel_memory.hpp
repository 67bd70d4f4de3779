// channel_memory.hpp: what tasks that meet in a channel see of each other (MM-1..3). Plain data on both
// sides, for the thread sanitizer.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "../channel.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct channel_memory_suite : suite<R> {
  using ints = basic_channel<int, R>;
};
TYPED_TEST_SUITE(channel_memory_suite, runtimes, suite_names);

TYPED_TEST(channel_memory_suite, what_a_sender_did_is_seen_by_the_receiver_of_its_value) {
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

TYPED_TEST(channel_memory_suite, what_a_receiver_did_is_seen_by_the_send_that_it_made_room_for) {
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

TYPED_TEST(channel_memory_suite, a_buffered_channel_is_a_semaphore) {
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

TYPED_TEST(channel_memory_suite, what_was_done_before_close_is_seen_by_whoever_saw_the_close) {
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
      ASSERT_EQ(this->thrown_by([&] { ch.send(1); }), status::closed);
    }
    ASSERT_EQ(data, 7);
    closer.join();
  }
}

}  // namespace lockstep::testing
