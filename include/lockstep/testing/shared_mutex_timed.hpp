// shared_mutex_timed.hpp: how time and contexts end what waits for a shared mutex (RW-8).
#pragma once

#include <gtest/gtest.h>

#include "../context.hpp"
#include "../shared_mutex.hpp"
#include "shared_mutex_fixture.hpp"

namespace lockstep::testing {

template <class R>
struct shared_mutex_timed_suite : shared_mutex_fixture<R> {};
TYPED_TEST_SUITE(shared_mutex_timed_suite, runtimes, suite_names);

TYPED_TEST(shared_mutex_timed_suite, lets_readers_pass_when_a_writer_before_them_gives_up) {
  this->proves("RW-8");
  basic_shared_mutex<TypeParam> m;
  m.lock_shared();
  cancel_scope scope;
  auto writer = this->blocked([&] { return m.lock(scope.context()); });
  auto reader = this->reader(m);
  auto upgrader = this->upgrader(m);
  scope.cancel();
  EXPECT_EQ(writer.join(), status::cancelled);
  reader.join();
  upgrader.join();
  m.unlock_upgrade();
  m.unlock_shared();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_timed_suite, keeps_the_order_when_one_in_the_middle_gives_up) {
  this->proves("RW-8");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  cancel_scope scope;
  auto first = this->writer(m);
  auto second = this->blocked([&] { return m.lock_shared(scope.context()); });
  auto third = this->reader(m);
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

TYPED_TEST(shared_mutex_timed_suite, ends_waits_in_every_mode_at_their_deadline) {
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

TYPED_TEST(shared_mutex_timed_suite, serves_waits_in_every_mode_within_their_time_or_context) {
  basic_shared_mutex<TypeParam> m;
  const auto served = [&](auto wait) {
    m.lock();
    auto waiting = this->blocked(wait);
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

TYPED_TEST(shared_mutex_timed_suite, is_not_locked_in_a_context_that_has_ended) {
  this->proves("RW-8");
  basic_shared_mutex<TypeParam> m;
  cancel_scope scope;
  scope.cancel();
  EXPECT_EQ(m.lock(scope.context()), status::cancelled);
  EXPECT_EQ(m.lock_shared(scope.context()), status::cancelled);
  EXPECT_EQ(m.lock_upgrade(scope.context()), status::cancelled);
  EXPECT_TRUE(this->is_free(m));
}

}  // namespace lockstep::testing
