#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/channel.hpp>
#include <lockstep/testing/channel_memory.hpp>
#include <lockstep/testing/channel_timed.hpp>
#include <lockstep/testing/payloads.hpp>
#include <memory>

#include "support/world.hpp"

namespace {

// Incomplete here, and completed below.
struct later;
struct has_a_channel_of_later {
  lockstep::channel<later> ch;
};
struct holds_later {
  std::shared_ptr<lockstep::channel<later>> ch;
};
struct later {
  int value;
  holds_later reply_to;
};

TEST(channel_test, may_be_named_where_its_payload_is_incomplete) {
  later request{1, {std::make_shared<lockstep::channel<later>>(1)}};
  lockstep::channel<later> requests{1};
  requests.send(request);
  const auto received = requests.recv();
  received->reply_to.ch->send(later{2, {}});
  EXPECT_EQ(request.reply_to.ch->recv()->value, 2);
}

TEST(channel_test, may_be_a_member_where_its_payload_is_incomplete) {
  has_a_channel_of_later x;
  auto sender = support::run([&x] { x.ch.send(later{3, {}}); });
  EXPECT_EQ(x.ch.recv()->value, 3);
  sender.join();
}

TEST(channel_test, is_small_whatever_it_carries) {
  EXPECT_LE(sizeof(lockstep::channel<int>), 96U);
  EXPECT_EQ(sizeof(lockstep::channel<int>), sizeof(lockstep::channel<lockstep::testing::wide>));
  EXPECT_EQ(sizeof(lockstep::channel<int>), sizeof(lockstep::threads::channel<int>));
}

TEST(channel_test, is_not_destroyed_under_a_waiter) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto destroy = [] {
    auto owner = std::make_unique<lockstep::channel<int>>();
    auto blocked = support::run([&ch = *owner] { return ch.recv().status(); });
    blocked.until_blocked();
    EXPECT_EQ(owner->size(), 0U);  // sees what the waiter did
    owner.reset();
  };
  EXPECT_DEATH(destroy(), "a channel is destroyed with waiters");
}

}  // namespace
