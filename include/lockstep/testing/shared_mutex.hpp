// shared_mutex.hpp: what a shared mutex does (RW).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <type_traits>
#include <vector>

#include "../channel.hpp"
#include "../context.hpp"
#include "../latch.hpp"
#include "../select.hpp"
#include "../shared_mutex.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct shared_mutex_suite : suite<R> {
  using mutex = basic_shared_mutex<R>;

  // Tasks that wait for m, and then hold it; somebody else unlocks it for them.
  static auto writer(mutex& m) {
    return suite<R>::run([&m] { m.lock(); });
  }
  static auto reader(mutex& m) {
    return suite<R>::run([&m] { m.lock_shared(); });
  }
  static auto upgrader(mutex& m) {
    return suite<R>::run([&m] { m.lock_upgrade(); });
  }

  // In which mode a mutex is held: what could be locked beside it at once.
  static bool is_free(mutex& m) {
    const bool free = m.try_lock();
    if (free) m.unlock();
    return free;
  }
  static bool admits_readers(mutex& m) {
    const bool admits = m.try_lock_shared();
    if (admits) m.unlock_shared();
    return admits;
  }
  static bool admits_upgraders(mutex& m) {
    const bool admits = m.try_lock_upgrade();
    if (admits) m.unlock_upgrade();
    return admits;
  }

  // Leaves m as if tasks had waited for it: its fast paths are closed until it is locked again.
  static void let_a_wait_time_out(mutex& m) { EXPECT_FALSE(m.try_lock_for(1ms)); }
};
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
  waiting.until_blocked();
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
  writer.until_blocked();
  EXPECT_FALSE(m.try_lock_shared());
  EXPECT_FALSE(m.try_lock_shared_for(1ms));
  EXPECT_FALSE(m.try_lock_upgrade());
  auto reader = this->reader(m);
  reader.until_blocked();
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
  auto first = this->run([&] { write(1); });
  first.until_blocked();
  auto second = this->run(read);
  second.until_blocked();
  auto third = this->run(read);
  third.until_blocked();
  auto fourth = this->run([&] { write(2); });
  fourth.until_blocked();
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
  early.until_blocked();
  auto upgrader = this->upgrader(m);
  upgrader.until_blocked();
  auto writer = this->writer(m);
  writer.until_blocked();
  auto late = this->reader(m);
  late.until_blocked();
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
  reader.until_blocked();
  {
    const typename TypeParam::late_wakes after_this;
    m.unlock();
    EXPECT_FALSE(m.try_lock());
  }
  reader.join();
  auto writer = this->writer(m);
  writer.until_blocked();
  {
    const typename TypeParam::late_wakes after_this;
    m.unlock_shared();
    EXPECT_FALSE(m.try_lock_shared());
  }
  writer.join();
  m.unlock();
}

TYPED_TEST(shared_mutex_suite, has_one_holder_of_upgrade_mode_beside_its_readers) {
  this->proves("RW-2");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  m.lock_upgrade();
  EXPECT_TRUE(this->admits_readers(m));
  EXPECT_FALSE(m.try_lock_upgrade());
  EXPECT_FALSE(m.try_lock());
  auto next = this->upgrader(m);
  next.until_blocked();
  m.unlock_shared();
  next.until_blocked();
  m.unlock_upgrade();
  next.join();
  EXPECT_FALSE(m.try_lock_upgrade());
  m.unlock_upgrade();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_upgraded_at_once_when_nobody_reads) {
  this->proves("RW-6");
  basic_shared_mutex<TypeParam> m;
  m.lock_upgrade();
  m.unlock_upgrade_and_lock();
  EXPECT_FALSE(m.try_lock_shared());
  m.unlock();
  m.lock_upgrade();
  EXPECT_TRUE(m.try_unlock_upgrade_and_lock());
  m.unlock();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_upgraded_when_the_readers_have_left_before_anyone_enters) {
  this->proves("RW-6");
  basic_shared_mutex<TypeParam> m;
  m.lock_upgrade();
  m.lock_shared();
  m.lock_shared();
  auto writer = this->writer(m);  // has waited for longer than the upgrade
  writer.until_blocked();
  auto upgrade = this->run([&] { m.unlock_upgrade_and_lock(); });
  upgrade.until_blocked();
  auto newcomer = this->reader(m);
  newcomer.until_blocked();
  EXPECT_FALSE(m.try_lock_shared());
  m.unlock_shared();
  upgrade.until_blocked();
  m.unlock_shared();
  upgrade.join();
  writer.until_blocked();
  newcomer.until_blocked();
  m.unlock();
  writer.join();
  newcomer.until_blocked();
  m.unlock();
  newcomer.join();
  m.unlock_shared();
}

TYPED_TEST(shared_mutex_suite, is_upgraded_past_those_who_wait_when_nobody_reads) {
  this->proves("RW-6");
  basic_shared_mutex<TypeParam> m;
  m.lock_upgrade();
  auto writer = this->writer(m);
  writer.until_blocked();
  EXPECT_TRUE(m.try_unlock_upgrade_and_lock());
  writer.until_blocked();
  EXPECT_FALSE(m.try_lock_shared());
  m.unlock();
  writer.join();
  m.unlock();
}

TYPED_TEST(shared_mutex_suite, stays_in_upgrade_mode_when_the_upgrade_fails) {
  this->proves("RW-7");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  m.lock_upgrade();
  cancel_scope scope;
  auto cancelled = this->run([&] { return m.unlock_upgrade_and_lock(scope.context()); });
  cancelled.until_blocked();
  scope.cancel();
  EXPECT_EQ(cancelled.join(), status::cancelled);
  EXPECT_EQ(m.unlock_upgrade_and_lock(scope.context()), status::cancelled);
  EXPECT_EQ(m.unlock_upgrade_and_lock(cancel_scope{1ms}.context()), status::timeout);
  EXPECT_FALSE(m.try_unlock_upgrade_and_lock());
  EXPECT_FALSE(m.try_unlock_upgrade_and_lock_for(1ms));
  EXPECT_FALSE(m.try_unlock_upgrade_and_lock_until(TypeParam::now() - 1s));
  EXPECT_TRUE(this->admits_readers(m));
  EXPECT_FALSE(this->admits_upgraders(m));
  m.unlock_shared();
  EXPECT_FALSE(this->is_free(m));
  EXPECT_TRUE(m.try_unlock_upgrade_and_lock_for(1h));
  m.unlock();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, lets_readers_in_again_when_an_upgrade_fails) {
  this->proves("RW-7 RW-8");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  m.lock_upgrade();
  cancel_scope scope;
  auto upgrade = this->run([&] { return m.unlock_upgrade_and_lock(scope.context()); });
  upgrade.until_blocked();
  auto reader = this->reader(m);
  reader.until_blocked();
  scope.cancel();
  EXPECT_EQ(upgrade.join(), status::cancelled);
  reader.join();
  m.unlock_shared();
  m.unlock_shared();
  m.unlock_upgrade();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_upgraded_within_its_time_or_context) {
  this->proves("RW-6");
  basic_shared_mutex<TypeParam> m;
  const auto upgraded = [&](auto upgrade) {
    m.lock_shared();
    m.lock_upgrade();
    auto waiting = this->run(upgrade);
    waiting.until_blocked();
    m.unlock_shared();
    const auto how = waiting.join();
    EXPECT_FALSE(m.try_lock_shared());
    m.unlock();
    return how;
  };
  EXPECT_TRUE(upgraded([&] { return m.try_unlock_upgrade_and_lock_for(1h); }));
  EXPECT_TRUE(upgraded([&] { return m.try_unlock_upgrade_and_lock_until(TypeParam::now() + 1h); }));
  EXPECT_EQ(upgraded([&] { return m.unlock_upgrade_and_lock(lockstep::background()); }),
            status::ok);
}

TYPED_TEST(shared_mutex_suite, is_downgraded_to_shared_without_a_writer_in_between) {
  this->proves("RW-5");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto reader = this->reader(m);
  reader.until_blocked();
  auto writer = this->writer(m);
  writer.until_blocked();
  m.unlock_and_lock_shared();
  reader.join();
  m.unlock_shared();
  writer.until_blocked();
  m.unlock_shared();
  writer.join();
  m.unlock();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_downgraded_to_shared_before_a_writer_that_waits) {
  this->proves("RW-5");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto writer = this->writer(m);
  writer.until_blocked();
  auto reader = this->reader(m);
  reader.until_blocked();
  m.unlock_and_lock_shared();
  writer.until_blocked();
  reader.until_blocked();  // it came after the writer
  m.unlock_shared();
  writer.join();
  m.unlock();
  reader.join();
  m.unlock_shared();
}

TYPED_TEST(shared_mutex_suite, is_downgraded_to_upgrade_mode) {
  this->proves("RW-5");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  m.unlock_and_lock_upgrade();
  EXPECT_TRUE(this->admits_readers(m));
  EXPECT_FALSE(this->admits_upgraders(m));
  m.unlock_upgrade_and_lock();
  auto reader = this->reader(m);
  reader.until_blocked();
  auto upgrader = this->upgrader(m);
  upgrader.until_blocked();
  m.unlock_and_lock_upgrade();
  reader.join();
  upgrader.until_blocked();
  m.unlock_upgrade();
  upgrader.join();
  m.unlock_upgrade();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_downgraded_from_upgrade_mode_to_shared) {
  this->proves("RW-5");
  basic_shared_mutex<TypeParam> m;
  m.lock_upgrade();
  auto next = this->upgrader(m);
  next.until_blocked();
  auto writer = this->writer(m);
  writer.until_blocked();
  m.unlock_upgrade_and_lock_shared();
  next.join();
  m.unlock_upgrade();
  writer.until_blocked();
  m.unlock_shared();
  writer.join();
  m.unlock();
  m.lock_upgrade();
  m.unlock_upgrade_and_lock_shared();  // the same, while nobody waits
  EXPECT_TRUE(this->admits_upgraders(m));
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, lets_readers_pass_when_a_writer_before_them_gives_up) {
  this->proves("RW-8");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  cancel_scope scope;
  auto writer = this->run([&] { return m.lock(scope.context()); });
  writer.until_blocked();
  auto reader = this->reader(m);
  reader.until_blocked();
  auto upgrader = this->upgrader(m);
  upgrader.until_blocked();
  scope.cancel();
  EXPECT_EQ(writer.join(), status::cancelled);
  reader.join();
  upgrader.join();
  m.unlock_upgrade();
  m.unlock_shared();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, keeps_the_order_when_one_in_the_middle_gives_up) {
  this->proves("RW-8");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  cancel_scope scope;
  auto first = this->writer(m);
  first.until_blocked();
  auto second = this->run([&] { return m.lock_shared(scope.context()); });
  second.until_blocked();
  auto third = this->reader(m);
  third.until_blocked();
  scope.cancel();
  EXPECT_EQ(second.join(), status::cancelled);
  third.until_blocked();
  m.unlock();
  first.join();
  third.until_blocked();
  m.unlock();
  third.join();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));  // the one that gave up holds nothing
}

TYPED_TEST(shared_mutex_suite, ends_waits_in_every_mode_at_their_deadline) {
  this->proves("RW-8");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  const auto past = TypeParam::now() - 1s;
  EXPECT_FALSE(m.try_lock_for(1ms));
  EXPECT_FALSE(m.try_lock_until(past));
  EXPECT_EQ(m.lock(cancel_scope{1ms}.context()), status::timeout);
  EXPECT_FALSE(m.try_lock_shared_for(1ms));
  EXPECT_FALSE(m.try_lock_shared_until(past));
  EXPECT_EQ(m.lock_shared(cancel_scope{1ms}.context()), status::timeout);
  EXPECT_FALSE(m.try_lock_upgrade_for(1ms));
  EXPECT_FALSE(m.try_lock_upgrade_until(past));
  EXPECT_EQ(m.lock_upgrade(cancel_scope{1ms}.context()), status::timeout);
  m.unlock();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, serves_waits_in_every_mode_within_their_time_or_context) {
  basic_shared_mutex<TypeParam> m;
  const auto served = [&](auto wait) {
    m.lock();
    auto waiting = this->run(wait);
    waiting.until_blocked();
    m.unlock();
    return waiting.join();
  };
  const auto in_an_hour = TypeParam::now() + 1h;
  EXPECT_TRUE(served([&] { return m.try_lock_for(1h); }));
  m.unlock();
  EXPECT_TRUE(served([&] { return m.try_lock_until(in_an_hour); }));
  m.unlock();
  EXPECT_EQ(served([&] { return m.lock(lockstep::background()); }), status::ok);
  m.unlock();
  EXPECT_TRUE(served([&] { return m.try_lock_shared_for(1h); }));
  m.unlock_shared();
  EXPECT_TRUE(served([&] { return m.try_lock_shared_until(in_an_hour); }));
  m.unlock_shared();
  EXPECT_EQ(served([&] { return m.lock_shared(lockstep::background()); }), status::ok);
  m.unlock_shared();
  EXPECT_TRUE(served([&] { return m.try_lock_upgrade_for(1h); }));
  m.unlock_upgrade();
  EXPECT_TRUE(served([&] { return m.try_lock_upgrade_until(in_an_hour); }));
  m.unlock_upgrade();
  EXPECT_EQ(served([&] { return m.lock_upgrade(lockstep::background()); }), status::ok);
  m.unlock_upgrade();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_not_locked_in_a_context_that_has_ended) {
  this->proves("RW-8");
  basic_shared_mutex<TypeParam> m;
  cancel_scope scope;
  scope.cancel();
  EXPECT_EQ(m.lock(scope.context()), status::cancelled);
  EXPECT_EQ(m.lock_shared(scope.context()), status::cancelled);
  EXPECT_EQ(m.lock_upgrade(scope.context()), status::cancelled);
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_not_unlocked_in_a_mode_in_which_it_is_not_held) {
  this->proves("RW-10");
  using violation = contracts_throw::violation;
  const contracts_throw contracts;
  basic_shared_mutex<TypeParam> m;
  for (const bool others_waited : {false, true}) {
    const auto leave_marks = [&] {
      if (others_waited) this->let_a_wait_time_out(m);
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

TYPED_TEST(shared_mutex_suite, shows_a_reader_what_a_writer_did_though_a_select_came_in_between) {
  this->proves("RW-9 RW-11");
  basic_shared_mutex<TypeParam> m;
  int written = 0;  // not atomic: a missing happens-before is a data race
  std::atomic<int> stage{0};
  const auto next = [&](int s) { stage.store(s, std::memory_order_relaxed); };  // orders nothing
  const auto until = [&](int s) {
    while (stage.load(std::memory_order_relaxed) < s) TypeParam::yield();
  };
  auto last = this->run([&] {
    until(2);
    const std::shared_lock hold{m};
    return written;
  });
  auto between = this->run([&] {
    until(1);
    select(on_acquire(shared(m)));
    EXPECT_EQ(written, 1);
    next(2);
  });
  m.lock();
  written = 1;
  m.unlock();
  next(1);
  EXPECT_EQ(last.join(), 1);
  between.join();
  m.unlock_shared();
}

TYPED_TEST(shared_mutex_suite, is_acquired_by_select_in_the_mode_of_the_case) {
  this->proves("RW-11");
  basic_shared_mutex<TypeParam> m;
  EXPECT_EQ(select(on_acquire(m)).index, 0u);
  EXPECT_FALSE(this->admits_readers(m));
  EXPECT_EQ(select(on_acquire(m), on_acquire(shared(m)), on_default()).index, 2u);
  m.unlock_and_lock_shared();
  EXPECT_EQ(select(on_acquire(m), on_acquire(shared(m))).index, 1u);
  EXPECT_TRUE(this->admits_readers(m));
  m.unlock_shared();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_handed_to_a_select_that_waits) {
  this->proves("RW-11");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto writer = this->run([&] { return select(on_acquire(m)).index; });
  writer.until_blocked();
  auto reader = this->run([&] { return select(on_acquire(shared(m))).index; });
  reader.until_blocked();
  m.unlock();
  EXPECT_EQ(writer.join(), 0u);
  reader.until_blocked();
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_EQ(reader.join(), 0u);
  EXPECT_TRUE(m.try_lock_shared());
  EXPECT_FALSE(m.try_lock());
  m.unlock_shared();
  m.unlock_shared();
}

TYPED_TEST(shared_mutex_suite, is_given_to_a_select_of_both_modes_in_the_one_that_fits) {
  this->proves("RW-11");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto either = this->run([&] { return select(on_acquire(m), on_acquire(shared(m))).index; });
  either.until_blocked();
  m.unlock_and_lock_shared();
  EXPECT_EQ(either.join(), 1u);
  m.unlock_shared();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, is_not_held_by_a_select_that_chose_another_case) {
  this->proves("RW-11 RW-8");
  basic_shared_mutex<TypeParam> m;
  basic_channel<int, TypeParam> ch;
  m.lock_shared();
  auto writer = this->run([&] { return select(on_acquire(m), on_recv(ch)).index; });
  writer.until_blocked();
  auto reader = this->reader(m);
  reader.until_blocked();  // the select has its place in the queue
  ch.send(1);
  EXPECT_EQ(writer.join(), 1u);
  reader.join();
  m.unlock_shared();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_suite, stays_where_it_is) {
  using object = basic_shared_mutex<TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<object> || std::is_copy_assignable_v<object>);
  EXPECT_FALSE(std::is_move_constructible_v<object> || std::is_move_assignable_v<object>);
}

}  // namespace lockstep::testing
