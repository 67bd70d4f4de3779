#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <lockstep/detail/alarm_bag.hpp>
#include <memory>

namespace {

using lockstep::detail::alarm;
using lockstep::detail::alarm_bag;
using lockstep::detail::claimed_alarms;

// A lock that knows whether it is held.
class known_lock {
 public:
  void lock() { held_ = true; }
  void unlock() { held_ = false; }
  [[nodiscard]] bool held() const { return held_; }

 private:
  bool held_ = false;
};

struct bell : alarm {
  bell(const known_lock& l, std::uint64_t at)
      : alarm{[](alarm& a) noexcept {
                EXPECT_TRUE(self(a).of->held());
                return self(a).waits;
              },
              [](alarm& a) noexcept {
                EXPECT_FALSE(self(a).of->held());
                ++self(a).rung;
                if (self(a).when_rung) self(a).when_rung();
              }},
        of{&l} {
    threshold = at;
  }
  static bell& self(alarm& a) { return static_cast<bell&>(a); }

  const known_lock* of;
  bool waits = true;
  int rung = 0;
  std::function<void()> when_rung;
};

class alarm_bag_test : public ::testing::Test {
 protected:
  bell& add(std::uint64_t threshold) {
    bell& b = bells_.emplace_back(lock_, threshold);
    alarms_.add(b);
    return b;
  }
  void reach(std::uint64_t n) {
    claimed_alarms claimed;
    lock_.lock();
    alarms_.claim(n, claimed);
    lock_.unlock();
    claimed.wake();
  }

  known_lock lock_;
  alarm_bag alarms_;
  std::deque<bell> bells_;
};

TEST_F(alarm_bag_test, rings_what_is_due_once) {
  bell& early = add(2);
  bell& late = add(5);
  reach(1);
  EXPECT_EQ(early.rung, 0);
  reach(2);
  EXPECT_EQ(early.rung, 1);
  EXPECT_EQ(late.rung, 0);
  reach(7);
  EXPECT_EQ(early.rung, 1);
  EXPECT_EQ(late.rung, 1);
}

TEST_F(alarm_bag_test, rings_those_in_any_order_of_thresholds) {
  bell& nine = add(9);
  bell& seven = add(7);
  reach(6);
  EXPECT_EQ(nine.rung + seven.rung, 0);
  reach(8);
  EXPECT_EQ(seven.rung, 1);
  EXPECT_EQ(nine.rung, 0);
  reach(9);
  EXPECT_EQ(nine.rung, 1);
}

TEST_F(alarm_bag_test, counts_what_comes_and_goes) {
  const auto at_first = alarms_.changes();
  bell& one = add(1);
  add(1);
  const auto added = alarms_.changes();
  EXPECT_GT(added, at_first);
  alarms_.remove(one);
  const auto removed = alarms_.changes();
  EXPECT_GT(removed, added);
  reach(1);
  EXPECT_GT(alarms_.changes(), removed);
}

TEST_F(alarm_bag_test, does_not_wake_what_it_could_not_claim) {
  bell& gone = add(1);
  gone.waits = false;
  reach(1);
  EXPECT_EQ(gone.rung, 0);
}

TEST_F(alarm_bag_test, does_not_ring_what_was_removed) {
  bell& out = add(1);
  bell& in = add(1);
  alarms_.remove(out);
  reach(1);
  EXPECT_EQ(out.rung, 0);
  EXPECT_EQ(in.rung, 1);
}

TEST_F(alarm_bag_test, rings_a_thousand_each_once) {
  for (std::uint64_t i = 0; i < 1000; ++i) add(i % 3 + 1);
  reach(2);
  for (const bell& b : bells_) EXPECT_EQ(b.rung, b.threshold <= 2 ? 1 : 0);
  reach(3);
  for (const bell& b : bells_) EXPECT_EQ(b.rung, 1);
}

TEST_F(alarm_bag_test, keeps_what_is_added_while_it_wakes) {
  for (int i = 0; i < 200; ++i) add(1);
  bell* late = nullptr;
  bells_.front().when_rung = [&] { late = &add(4); };
  reach(1);
  ASSERT_NE(late, nullptr);
  EXPECT_EQ(late->rung, 0);
  reach(4);
  EXPECT_EQ(late->rung, 1);
}

// LT-1: who is woken may destroy all of this.
TEST_F(alarm_bag_test, is_not_touched_once_the_first_is_woken) {
  auto bag = std::make_unique<alarm_bag>();
  for (int i = 0; i < 50; ++i) bag->add(bells_.emplace_back(lock_, 1));
  for (bell& b : bells_) b.when_rung = [&bag] { bag.reset(); };
  claimed_alarms claimed;
  lock_.lock();
  bag->claim(1, claimed);
  lock_.unlock();
  claimed.wake();
  for (const bell& b : bells_) EXPECT_EQ(b.rung, 1);
}

TEST_F(alarm_bag_test, rings_all_whatever_they_wait_for) {
  for (std::uint64_t i = 0; i < 100; ++i) add(i + 1000);
  claimed_alarms claimed;
  lock_.lock();
  alarms_.claim_all(claimed);
  lock_.unlock();
  claimed.wake();
  for (const bell& b : bells_) EXPECT_EQ(b.rung, 1);
}

}  // namespace
