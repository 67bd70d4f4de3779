// shared_mutex.hpp: who may hold a shared mutex, and in which order (RW-1..4, 9, 10).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <type_traits>
#include <vector>

#include "../latch.hpp"
#include "../shared_mutex.hpp"
#include "shared_mutex_fixture.hpp"

namespace lockstep::testing {

template <class R>
struct shared_mutex_suite : shared_mutex_fixture<R> {};
TYPED_TEST_SUITE(shared_mutex_suite, runtimes, suite_names);

TYPED_TEST(shared_mutex_suite, admits_many_readers_or_one_writer) {
  this->proves("RW-2");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  EXPECT_TRUE(m.try_lock_shared());
  EXPECT_FALSE(m.try_lock());
  m.unlock_shared();
  EXPECT_FALSE(m.try_lock());
  m.unlock_shared();
  EXPECT_TRUE(m.try_lock());
  EXPECT_FALSE(m.try_lock());
  EXPECT_FALSE(m.try_lock_shared());
  m.unlock();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, works_with_the_locks_of_the_standard) {
  static constinit basic_shared_mutex<TypeParam> m;
  basic_shared_mutex<TypeParam> other;
  { const std::scoped_lock both{m, other}; }
  {
    const std::unique_lock alone{m};
    EXPECT_FALSE(std::shared_lock(m, std::try_to_lock).owns_lock());
    EXPECT_FALSE(std::shared_lock(m, 1ms).owns_lock());
    EXPECT_FALSE(std::unique_lock(m, 1ms).owns_lock());
  }
  {
    const std::shared_lock one{m};
    std::shared_lock two{m, 1s};
    EXPECT_TRUE(two.owns_lock());
    two.unlock();
    EXPECT_TRUE(two.try_lock_until(TypeParam::now() + 1s));
    EXPECT_FALSE(std::unique_lock(m, std::try_to_lock).owns_lock());
  }
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, may_be_unlocked_by_another_task) {
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto waiting = this->reader(m);
  auto other = this->run([&] { m.unlock(); });
  other.join();
  waiting.join();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, keeps_new_readers_out_while_a_writer_waits) {
  this->proves("RW-1 RW-4");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  auto writer = this->writer(m);
  EXPECT_FALSE(m.try_lock_shared());
  EXPECT_FALSE(m.try_lock_shared_for(1ms));
  EXPECT_FALSE(m.try_lock_upgrade());
  auto reader = this->reader(m);
  m.unlock_shared();
  writer.join();
  reader.until_blocked();
  m.unlock();
  reader.join();
  m.unlock_shared();
}

TYPED_TEST(shared_mutex_suite, lets_tasks_in_by_order_of_arrival) {
  this->proves("RW-3 RW-4");
  basic_shared_mutex<TypeParam> m;
  std::vector<int> order;
  std::atomic<int> readers_seen{0};
  basic_latch<TypeParam> readers_inside{2};
  const auto write = [&](int id) {
    const std::lock_guard hold{m};
    order.push_back(id);
  };
  const auto read = [&] {
    const std::shared_lock hold{m};
    readers_inside.arrive_and_wait();  // both are in at once
    readers_seen += static_cast<int>(order.size());
  };
  m.lock();
  auto first = this->blocked([&] { write(1); });
  auto second = this->blocked(read);
  auto third = this->blocked(read);
  auto fourth = this->blocked([&] { write(2); });
  m.unlock();
  first.join();
  second.join();
  third.join();
  fourth.join();
  EXPECT_EQ(readers_seen, 2);  // each saw the first writer's entry only
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TYPED_TEST(shared_mutex_suite, lets_readers_in_up_to_the_next_writer) {
  this->proves("RW-3");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto early = this->reader(m);
  auto upgrader = this->upgrader(m);
  auto writer = this->writer(m);
  auto late = this->reader(m);
  m.unlock();
  early.join();
  upgrader.join();  // upgrade mode is for readers, too
  late.until_blocked();
  m.unlock_shared();
  writer.until_blocked();
  m.unlock_upgrade();
  writer.join();
  late.until_blocked();
  m.unlock();
  late.join();
  m.unlock_shared();
}

TYPED_TEST(shared_mutex_suite, is_handed_to_who_waits_before_its_last_holder_can_take_it_again) {
  this->proves("RW-4");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto reader = this->reader(m);
  {
    const typename TypeParam::late_wakes after_this;
    m.unlock();
    EXPECT_FALSE(m.try_lock());
  }
  reader.join();
  auto writer = this->writer(m);
  {
    const typename TypeParam::late_wakes after_this;
    m.unlock_shared();
    EXPECT_FALSE(m.try_lock_shared());
  }
  writer.join();
  m.unlock();
}

TYPED_TEST(shared_mutex_suite, is_not_unlocked_in_a_mode_in_which_it_is_not_held) {
  this->proves("RW-10");
  using violation = contracts_throw::violation;
  const contracts_throw contracts;
  basic_shared_mutex<TypeParam> m;
  for (const bool others_waited : {false, true}) {
    const auto leave_marks = [&] {
      if (others_waited) {
        EXPECT_FALSE(m.try_lock_for(1ms));  // closes the fast paths until it is locked again
      }
    };
    EXPECT_THROW(m.unlock(), violation);
    EXPECT_THROW(m.unlock_shared(), violation);
    EXPECT_THROW(m.unlock_upgrade(), violation);
    m.lock();
    leave_marks();
    EXPECT_THROW(m.unlock_shared(), violation);
    EXPECT_THROW(m.unlock_upgrade(), violation);
    EXPECT_THROW(m.unlock_upgrade_and_lock_shared(), violation);
    EXPECT_THROW(m.unlock_upgrade_and_lock(), violation);
    m.unlock();
    m.lock_shared();
    leave_marks();
    EXPECT_THROW(m.unlock(), violation);
    EXPECT_THROW(m.unlock_upgrade(), violation);
    EXPECT_THROW(m.unlock_and_lock_shared(), violation);
    EXPECT_THROW(static_cast<void>(m.try_unlock_upgrade_and_lock()), violation);
    m.unlock_shared();
    m.lock_upgrade();
    leave_marks();
    EXPECT_THROW(m.unlock(), violation);
    EXPECT_THROW(m.unlock_shared(), violation);
    EXPECT_THROW(m.unlock_and_lock_upgrade(), violation);
    m.unlock_upgrade();
    EXPECT_THROW(m.unlock_upgrade(), violation);
    EXPECT_TRUE(this->is_free(m));
  }
}

TYPED_TEST(shared_mutex_suite, shows_each_holder_what_was_done_under_it_before) {
  this->proves("RW-9");
  basic_shared_mutex<TypeParam> m;
  int count = 0;  // not atomic: a missing happens-before is a data race
  std::atomic<int> read{0};
  const auto work = [&](int self) {
    for (int i = 0; i < 1000; ++i) {
      if ((i + self) % 3 == 0) {
        const std::lock_guard hold{m};
        ++count;
      } else if ((i + self) % 7 == 0) {
        m.lock_upgrade();
        const int before = count;
        if (i % 2 == 0) {
          m.unlock_upgrade_and_lock();
        } else if (!m.try_unlock_upgrade_and_lock_for(10us)) {
          m.unlock_upgrade();
          continue;
        }
        EXPECT_EQ(count++, before);
        m.unlock_and_lock_shared();
        EXPECT_EQ(count, before + 1);
        m.unlock_shared();
      } else if (m.try_lock_shared_for(10us)) {
        read.store(count, std::memory_order_relaxed);
        m.unlock_shared();
      }
    }
  };
  auto one = this->run([&] { work(1); });
  auto two = this->run([&] { work(2); });
  work(0);
  one.join();
  two.join();
  m.lock();
  EXPECT_GE(count, 1000);
  m.unlock();
}

TYPED_TEST(shared_mutex_suite, stays_where_it_is) {
  using object = basic_shared_mutex<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<object> || std::is_copy_assignable_v<object>);
  EXPECT_FALSE(std::is_move_constructible_v<object> || std::is_move_assignable_v<object>);
}

}  // namespace lockstep::testing
