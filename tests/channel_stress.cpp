#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <lockstep/channel.hpp>
#include <lockstep/context.hpp>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::status;
using namespace std::chrono_literals;

// What tasks sent or received: how many values, and their sum.
struct tally {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;

  void add(std::uint64_t v) {
    ++count;
    sum += v;
  }
  tally& operator+=(const tally& o) {
    count += o.count;
    sum += o.sum;
    return *this;
  }
  bool operator==(const tally&) const = default;
};

std::ostream& operator<<(std::ostream& out, const tally& t) {
  return out << t.count << " values of sum " << t.sum;
}

// The end of a test's time, or of one of several equal parts of it.
class deadline {
 public:
  explicit deadline(int parts = 1)
      : at_{std::chrono::steady_clock::now() + support::stress_time() / parts} {}
  [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() >= at_; }

 private:
  std::chrono::steady_clock::time_point at_;
};

template <class R>
struct channel_stress : ::testing::Test {
  using ints = lockstep::basic_channel<std::uint64_t, R>;
  using generator = std::minstd_rand;

  // Runs n copies of f(index) at once; their tallies, added up.
  template <class F>
  static tally all_of(int n, F f) {
    std::vector<tally> each(static_cast<std::size_t>(n));
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i) {
      threads.emplace_back([&, i] { each[static_cast<std::size_t>(i)] = f(i); });
    }
    tally total;
    for (int i = 0; i < n; ++i) {
      threads[static_cast<std::size_t>(i)].join();
      total += each[static_cast<std::size_t>(i)];
    }
    return total;
  }

  // Sends v in a way that chance picks; returns whether it was sent.
  static bool send_somehow(ints& ch, std::uint64_t v, generator& chance) {
    switch (chance() % 4) {
      case 0: return ch.send(v), true;
      case 1: return ch.try_send(v) == status::ok;
      case 2: return ch.try_send_for(v, std::chrono::microseconds{chance() % 30}) == status::ok;
      default: {
        const lockstep::cancel_scope scope{std::chrono::microseconds{chance() % 30}};
        return ch.send(scope.context(), v) == status::ok;
      }
    }
  }
  static lockstep::outcome<std::uint64_t> receive_somehow(ints& ch, generator& chance) {
    switch (chance() % 4) {
      case 0: return ch.recv();
      case 1: return ch.try_recv();
      case 2: return ch.try_recv_for(std::chrono::microseconds{chance() % 30});
      default: {
        const lockstep::cancel_scope scope{std::chrono::microseconds{chance() % 30}};
        return ch.recv(scope.context());
      }
    }
  }

  // Several senders and receivers until `end`; whatever was sent has to arrive, each sender's
  // values in order.
  static void exchange(ints& ch, std::uint64_t seed, const deadline& end) {
    constexpr int tasks = 4;
    tally sent;
    std::thread senders{[&] {
      sent = all_of(tasks, [&](int who) {
        generator chance{static_cast<unsigned>(seed) + static_cast<unsigned>(who)};
        tally mine;
        for (std::uint64_t i = 1; !end.passed(); ++i) {
          const std::uint64_t v = i * tasks + static_cast<std::uint64_t>(who);
          if (send_somehow(ch, v, chance)) mine.add(v);
        }
        return mine;
      });
      ch.close();
    }};
    const tally received = all_of(tasks, [&](int who) {
      generator chance{static_cast<unsigned>(seed) + 100 + static_cast<unsigned>(who)};
      tally mine;
      std::uint64_t newest[tasks] = {};
      for (;;) {
        const auto v = receive_somehow(ch, chance);
        if (v.status() == status::closed) return mine;
        if (!v) continue;
        EXPECT_GT(*v, std::exchange(newest[*v % tasks], *v));
        mine.add(*v);
      }
    });
    senders.join();
    EXPECT_EQ(sent, received);
    EXPECT_GT(received.count, 0U);
  }
};
TYPED_TEST_SUITE(channel_stress, support::runtimes, support::runtime_names);

TYPED_TEST(channel_stress, every_value_sent_is_received_once_and_in_order) {  // CH-10 CH-21
  const auto seed = support::seed();
  for (const std::size_t capacity : {0U, 1U, 64U}) {
    typename TestFixture::ints ch{capacity};
    this->exchange(ch, seed, deadline{4});
  }
  typename TestFixture::ints ch{lockstep::unbounded};
  this->exchange(ch, seed, deadline{4});
}

TYPED_TEST(channel_stress, plain_senders_and_receivers_never_get_stuck) {  // CH-5 CH-11
  const auto seed = support::seed();
  std::minstd_rand chance{static_cast<unsigned>(seed)};
  for (const deadline end; !end.passed();) {
    constexpr std::uint64_t values = 50;
    const int tasks = 1 + static_cast<int>(chance() % 4);
    typename TestFixture::ints ch{chance() % 2};
    tally sent;
    std::thread senders{[&] {
      sent = this->all_of(tasks, [&](int) {
        tally mine;
        for (std::uint64_t i = 0; i < values; ++i) {
          ch.send(i);
          mine.add(i);
        }
        return mine;
      });
      ch.close();
    }};
    const tally received = this->all_of(tasks, [&](int) {
      tally mine;
      for (const std::uint64_t v : ch) mine.add(v);
      return mine;
    });
    senders.join();
    ASSERT_EQ(sent, received);
  }
}

TYPED_TEST(channel_stress, close_releases_everyone_and_tells_each_sender_the_truth) {  // CH-3 CH-5
  const auto seed = support::seed();
  std::minstd_rand chance{static_cast<unsigned>(seed)};
  for (const deadline end; !end.passed();) {
    typename TestFixture::ints ch{chance() % 3};
    const auto head_start = chance() % 200;
    const bool somebody_receives = chance() % 2 == 0;
    tally received;
    std::thread closer{[&] {
      for (unsigned i = 0; i < head_start; ++i) std::this_thread::yield();
      for (unsigned i = 0; somebody_receives && i < 20; ++i) {
        if (const auto v = ch.try_recv()) received.add(*v);
      }
      ch.close();
    }};
    const tally sent = this->all_of(3, [&](int who) {
      tally mine;
      for (auto v = static_cast<std::uint64_t>(who);; v += 3) {
        const status s = ch.send(lockstep::background(), v);
        EXPECT_TRUE(s == status::ok || s == status::closed);
        if (s != status::ok) return mine;
        mine.add(v);
      }
    });
    closer.join();
    while (const auto v = ch.recv()) received.add(*v);
    ASSERT_EQ(sent, received);
  }
}

TYPED_TEST(channel_stress, a_timed_send_succeeds_exactly_when_its_value_was_received) {  // CH-8
  for (const std::size_t capacity : {0U, 1U}) {
    typename TestFixture::ints ch{capacity};
    const deadline end{2};
    tally sent;
    std::thread sender{[&] {
      for (std::uint64_t i = 0; !end.passed(); ++i) {
        if (ch.try_send_for(i, 20us) == status::ok) sent.add(i);
      }
      ch.close();
    }};
    tally received;
    for (;;) {
      const auto v = ch.try_recv_for(50us);
      if (v) received.add(*v);
      if (v.status() == status::closed) break;
    }
    sender.join();
    EXPECT_EQ(sent, received);
  }
}

TYPED_TEST(channel_stress, a_storm_of_cancellations_loses_and_invents_nothing) {  // CTX-10
  const auto seed = support::seed();
  const deadline end;
  typename TestFixture::ints ch;
  lockstep::cancel_scope root;
  // Each worker uses one context after another, which a canceller of its own ends at any time.
  const auto until_the_end = [&](unsigned who, auto operation) {
    std::minstd_rand chance{static_cast<unsigned>(seed) + who};
    while (!end.passed()) {
      lockstep::cancel_scope scope{root.context()};
      std::thread canceller{[&scope, spins = chance() % 2'000] {
        for (unsigned i = 0; i < spins; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
        scope.cancel();
      }};
      while (operation(scope.context()) != status::cancelled) {
      }
      canceller.join();
    }
  };
  tally sent;
  std::thread senders{[&] {
    sent = this->all_of(2, [&](int who) {
      tally mine;
      std::uint64_t next = static_cast<std::uint64_t>(who);
      until_the_end(static_cast<unsigned>(who), [&](const lockstep::context& ctx) {
        const status s = ch.send(ctx, next);
        if (s == status::ok) mine.add(std::exchange(next, next + 2));
        return s;
      });
      return mine;
    });
  }};
  const tally received = this->all_of(2, [&](int who) {
    tally mine;
    until_the_end(10 + static_cast<unsigned>(who), [&](const lockstep::context& ctx) {
      const auto v = ch.recv(ctx);
      if (v) mine.add(*v);
      return v.status();
    });
    return mine;
  });
  senders.join();
  EXPECT_EQ(sent, received);
  EXPECT_EQ(root.context().status(), status::ok);
}

}  // namespace
