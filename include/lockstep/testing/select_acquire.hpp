// select_acquire.hpp: selects that wait for permits, locks and gates (SEL-4).
#pragma once

#include <gtest/gtest.h>

#include "../channel.hpp"
#include "../latch.hpp"
#include "../mutex.hpp"
#include "../select.hpp"
#include "../semaphore.hpp"
#include "../wait_group.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct select_acquire_suite : suite<R> {
  using ints = basic_channel<int, R>;
};
TYPED_TEST_SUITE(select_acquire_suite, runtimes, suite_names);

TYPED_TEST(select_acquire_suite, it_ends_when_a_latch_opens_or_a_wait_group_is_done) {
  basic_latch<TypeParam> latch{1};
  basic_wait_group<TypeParam> group;
  group.add(1);
  const auto either = [&] { return select(on_ready(latch), on_ready(group)).index; };
  auto t = this->blocked(either);
  group.done();
  EXPECT_EQ(t.join(), 1U);
  EXPECT_EQ(either(), 1U);
  group.add(1);
  auto u = this->blocked(either);
  latch.count_down();
  EXPECT_EQ(u.join(), 0U);
  EXPECT_EQ(either(), 0U);
  group.done();
}

TYPED_TEST(select_acquire_suite, an_acquire_that_is_chosen_takes_its_permits) {
  basic_semaphore<TypeParam> s{5};
  EXPECT_EQ(select(on_acquire(s)).status, status::ok);
  EXPECT_EQ(s.available(), 4);
  bool called = false;
  select(on_acquire(s, 3, [&] { called = true; }));
  EXPECT_TRUE(called);
  EXPECT_EQ(s.available(), 1);
  EXPECT_EQ(select(on_acquire(s, 2), on_default()).index, 1U);
  EXPECT_EQ(select(on_acquire(s, 6), on_default()).index, 1U);  // more than there ever are
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(select_acquire_suite, an_acquire_that_waits_gets_its_permits_from_a_release) {
  this->proves("SM-1 SM-4");
  basic_semaphore<TypeParam> s{2};
  s.acquire(2);
  typename TestFixture::ints silent;
  auto t = this->blocked([&] { return select(on_recv(silent), on_acquire(s, 2)).index; });
  s.release(1);
  EXPECT_FALSE(s.try_acquire());  // in order of arrival
  s.release(1);
  EXPECT_EQ(t.join(), 1U);
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(select_acquire_suite, a_losing_acquire_takes_nothing_and_lets_others_pass) {
  this->proves("SEL-4 SM-2");
  basic_semaphore<TypeParam> s{2};
  s.acquire();
  typename TestFixture::ints winner;
  auto large = this->blocked([&] { return select(on_acquire(s, 2), on_recv(winner)).index; });
  auto small = this->blocked([&] { s.acquire(); });  // behind the large one
  winner.send(1);
  EXPECT_EQ(large.join(), 1U);
  small.join();
  EXPECT_EQ(s.available(), 0);
  s.release(2);
  typename TestFixture::ints ready{1};
  ready.send(1);
  select_in_order(on_recv(ready), on_acquire(s, 2));
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(select_acquire_suite, takes_the_smaller_of_two_requests_for_one_semaphore) {
  basic_semaphore<TypeParam> s{0, 2};
  auto both = this->blocked([&s] { return select(on_acquire(s, 2), on_acquire(s, 1)).index; });
  s.release();
  EXPECT_EQ(both.join(), 1U);
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(select_acquire_suite, refuses_to_acquire_no_permits) {
  const contracts_throw contracts;
  basic_semaphore<TypeParam> s{1, 4};
  EXPECT_THROW(select(on_acquire(s, -2)), contracts_throw::violation);
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(select_acquire_suite, a_mutex_is_acquired_once_it_is_free) {
  basic_mutex<TypeParam> m;
  EXPECT_EQ(select(on_acquire(m), on_default()).index, 0U);
  EXPECT_FALSE(m.try_lock());
  EXPECT_EQ(select(on_acquire(m), on_default()).index, 1U);
  EXPECT_EQ(select(on_acquire(m), on_timeout(1ms)).index, 1U);
  typename TestFixture::ints silent;
  auto t = this->blocked([&] { return select(on_recv(silent), on_acquire(m)).index; });
  m.unlock();
  EXPECT_EQ(t.join(), 1U);
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(select_acquire_suite, a_mutex_that_lost_is_left_to_others) {
  this->proves("SEL-4");
  basic_mutex<TypeParam> m;
  m.lock();
  typename TestFixture::ints winner;
  auto t = this->blocked([&] { return select(on_acquire(m), on_recv(winner)).index; });
  auto other = this->blocked([&] { m.lock(); });
  winner.send(1);
  EXPECT_EQ(t.join(), 1U);
  m.unlock();
  other.join();
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

}  // namespace lockstep::testing
