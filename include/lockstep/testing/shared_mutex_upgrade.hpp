// shared_mutex_upgrade.hpp: how a shared mutex goes from mode to mode in one step (RW-2, RW-5..7).
#pragma once

#include <gtest/gtest.h>

#include "../context.hpp"
#include "../shared_mutex.hpp"
#include "shared_mutex_fixture.hpp"

namespace lockstep::testing {

template <class R>
struct shared_mutex_upgrade_suite : shared_mutex_fixture<R> {};
TYPED_TEST_SUITE(shared_mutex_upgrade_suite, runtimes, suite_names);

TYPED_TEST(shared_mutex_upgrade_suite, has_one_holder_of_upgrade_mode_beside_its_readers) {
  this->proves("RW-2");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  m.lock_upgrade();
  EXPECT_TRUE(this->admits_readers(m));
  EXPECT_FALSE(m.try_lock_upgrade());
  EXPECT_FALSE(m.try_lock());
  auto next = this->upgrader(m);
  m.unlock_shared();
  next.until_blocked();
  m.unlock_upgrade();
  next.join();
  EXPECT_FALSE(m.try_lock_upgrade());
  m.unlock_upgrade();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_upgrade_suite, is_upgraded_at_once_when_nobody_reads) {
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

TYPED_TEST(shared_mutex_upgrade_suite,
           is_upgraded_when_the_readers_have_left_before_anyone_enters) {
  this->proves("RW-6");
  basic_shared_mutex<TypeParam> m;
  m.lock_upgrade();
  m.lock_shared();
  m.lock_shared();
  auto writer = this->writer(m);  // has waited for longer than the upgrade
  auto upgrade = this->blocked([&] { m.unlock_upgrade_and_lock(); });
  auto newcomer = this->reader(m);
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

TYPED_TEST(shared_mutex_upgrade_suite, is_upgraded_past_those_who_wait_when_nobody_reads) {
  this->proves("RW-6");
  basic_shared_mutex<TypeParam> m;
  m.lock_upgrade();
  auto writer = this->writer(m);
  EXPECT_TRUE(m.try_unlock_upgrade_and_lock());
  writer.until_blocked();
  EXPECT_FALSE(m.try_lock_shared());
  m.unlock();
  writer.join();
  m.unlock();
}

TYPED_TEST(shared_mutex_upgrade_suite, stays_in_upgrade_mode_when_the_upgrade_fails) {
  this->proves("RW-7");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  m.lock_upgrade();
  cancel_scope scope;
  auto cancelled = this->blocked([&] { return m.unlock_upgrade_and_lock(scope.context()); });
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

TYPED_TEST(shared_mutex_upgrade_suite, lets_readers_in_again_when_an_upgrade_fails) {
  this->proves("RW-7 RW-8");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  m.lock_upgrade();
  cancel_scope scope;
  auto upgrade = this->blocked([&] { return m.unlock_upgrade_and_lock(scope.context()); });
  auto reader = this->reader(m);
  scope.cancel();
  EXPECT_EQ(upgrade.join(), status::cancelled);
  reader.join();
  m.unlock_shared();
  m.unlock_shared();
  m.unlock_upgrade();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_upgrade_suite, is_upgraded_within_its_time_or_context) {
  this->proves("RW-6");
  basic_shared_mutex<TypeParam> m;
  const auto upgraded = [&](auto upgrade) {
    m.lock_shared();
    m.lock_upgrade();
    auto waiting = this->blocked(upgrade);
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

TYPED_TEST(shared_mutex_upgrade_suite, is_downgraded_to_shared_without_a_writer_in_between) {
  this->proves("RW-5");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto reader = this->reader(m);
  auto writer = this->writer(m);
  m.unlock_and_lock_shared();
  reader.join();
  m.unlock_shared();
  writer.until_blocked();
  m.unlock_shared();
  writer.join();
  m.unlock();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_upgrade_suite, is_downgraded_to_shared_before_a_writer_that_waits) {
  this->proves("RW-5");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto writer = this->writer(m);
  auto reader = this->reader(m);
  m.unlock_and_lock_shared();
  writer.until_blocked();
  reader.until_blocked();  // it came after the writer
  m.unlock_shared();
  writer.join();
  m.unlock();
  reader.join();
  m.unlock_shared();
}

TYPED_TEST(shared_mutex_upgrade_suite, is_downgraded_to_upgrade_mode) {
  this->proves("RW-5");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  m.unlock_and_lock_upgrade();
  EXPECT_TRUE(this->admits_readers(m));
  EXPECT_FALSE(this->admits_upgraders(m));
  m.unlock_upgrade_and_lock();
  auto reader = this->reader(m);
  auto upgrader = this->upgrader(m);
  m.unlock_and_lock_upgrade();
  reader.join();
  upgrader.until_blocked();
  m.unlock_upgrade();
  upgrader.join();
  m.unlock_upgrade();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_upgrade_suite, is_downgraded_from_upgrade_mode_to_shared) {
  this->proves("RW-5");
  basic_shared_mutex<TypeParam> m;
  m.lock_upgrade();
  auto next = this->upgrader(m);
  auto writer = this->writer(m);
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

}  // namespace lockstep::testing
