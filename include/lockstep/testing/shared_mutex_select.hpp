// shared_mutex_select.hpp: selects that acquire a shared mutex (RW-11).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <shared_mutex>

#include "../channel.hpp"
#include "../select.hpp"
#include "../shared_mutex.hpp"
#include "shared_mutex_fixture.hpp"

namespace lockstep::testing {

template <class R>
struct shared_mutex_select_suite : shared_mutex_fixture<R> {};
TYPED_TEST_SUITE(shared_mutex_select_suite, runtimes, suite_names);

TYPED_TEST(shared_mutex_select_suite, is_acquired_by_select_in_the_mode_of_the_case) {
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

TYPED_TEST(shared_mutex_select_suite, is_handed_to_a_select_that_waits) {
  this->proves("RW-11");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto writer = this->blocked([&] { return select(on_acquire(m)).index; });
  auto reader = this->blocked([&] { return select(on_acquire(shared(m))).index; });
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

TYPED_TEST(shared_mutex_select_suite, is_given_to_a_select_of_both_modes_in_the_one_that_fits) {
  this->proves("RW-11");
  basic_shared_mutex<TypeParam> m;
  m.lock();
  auto either = this->blocked([&] { return select(on_acquire(m), on_acquire(shared(m))).index; });
  m.unlock_and_lock_shared();
  EXPECT_EQ(either.join(), 1u);
  m.unlock_shared();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_select_suite, is_not_held_by_a_select_that_chose_another_case) {
  this->proves("RW-11 RW-8");
  basic_shared_mutex<TypeParam> m;
  basic_channel<int, TypeParam> ch;
  m.lock_shared();
  auto writer = this->blocked([&] { return select(on_acquire(m), on_recv(ch)).index; });
  auto reader = this->reader(m);  // the select has its place in the queue
  ch.send(1);
  EXPECT_EQ(writer.join(), 1u);
  reader.join();
  m.unlock_shared();
  m.unlock_shared();
  EXPECT_TRUE(this->is_free(m));
}

TYPED_TEST(shared_mutex_select_suite,
           shows_a_reader_what_a_writer_did_though_a_select_came_in_between) {
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

}  // namespace lockstep::testing
