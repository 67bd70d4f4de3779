#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <lockstep/backend/local.hpp>
#include <lockstep/channel.hpp>
#include <lockstep/concepts.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/shared_mutex.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/wait_group.hpp>
#include <mutex>
#include <shared_mutex>

#include "named_world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

static_assert(shared_mutex_like<shared_mutex>);
static_assert(shared_mutex_like<coord::shared_mutex>);

struct shared_mutex_test : support::named_world {
  void wait_for_tickets(std::size_t n) const {
    while (world->roster_named("run/shared_mutex/m", {}).view().members.size() != n) {
      this_task::yield();
    }
  }
  client third = instance(2);
};

TEST_F(shared_mutex_test, is_held_by_many_readers_or_one_writer) {
  auto mine = sync.shared_mutex("m");
  auto theirs = other.shared_mutex("m");
  mine.lock_shared();
  EXPECT_TRUE(theirs.try_lock_shared());
  EXPECT_FALSE(theirs.try_lock());
  theirs.unlock_shared();
  EXPECT_FALSE(theirs.try_lock());
  mine.unlock_shared();
  EXPECT_TRUE(theirs.try_lock());
  EXPECT_FALSE(mine.try_lock_shared());
  EXPECT_FALSE(mine.try_lock());
  theirs.unlock();
}

TEST_F(shared_mutex_test, works_with_the_guards_of_the_standard) {
  auto m = sync.shared_mutex("m");
  {
    const std::shared_lock one{m};
    const std::shared_lock two{m};
    EXPECT_FALSE(other.shared_mutex("m").try_lock());
  }
  const std::unique_lock writer{m};
  EXPECT_FALSE(other.shared_mutex("m").try_lock_shared());
}

TEST_F(shared_mutex_test, lets_no_reader_overtake_a_writer_that_waits) {
  auto reader = sync.shared_mutex("m").acquire_shared();
  channel<char> order{unbounded};
  wait_group all;
  all.go([&] {
    auto writer = other.shared_mutex("m").acquire();
    order.send('w');
  });
  wait_for_tickets(2);
  EXPECT_FALSE(third.shared_mutex("m").try_lock_shared());
  all.go([&] {
    auto late = third.shared_mutex("m").acquire_shared();
    order.send('r');
  });
  wait_for_tickets(3);
  reader.release();
  all.wait();
  EXPECT_EQ(*order.recv(), 'w');
  EXPECT_EQ(*order.recv(), 'r');
}

TEST_F(shared_mutex_test, lets_readers_in_when_the_writer_before_them_gives_up) {
  auto reader = sync.shared_mutex("m").acquire_shared();
  cancel_scope impatient;
  wait_group all;
  all.go([&] {
    EXPECT_EQ(other.shared_mutex("m").acquire(impatient.context()).status(), status::cancelled);
  });
  wait_for_tickets(2);
  for (int i = 0; i < 3; ++i) {
    all.go([&] { EXPECT_TRUE(third.shared_mutex("m").acquire_shared()); });
  }
  wait_for_tickets(5);
  impatient.cancel();
  all.wait();
  EXPECT_TRUE(reader);
}

TEST_F(shared_mutex_test, is_downgraded_without_a_writer_in_between) {
  auto m = sync.shared_mutex("m");
  m.lock();
  const auto token = m.token();
  channel<char> order{unbounded};
  wait_group all;
  all.go([&] {
    auto reader = other.shared_mutex("m").acquire_shared();
    order.send('r');
  });
  wait_for_tickets(2);
  all.go([&] {
    auto writer = third.shared_mutex("m").acquire();
    EXPECT_GT(writer.token(), token);
    order.send('w');
  });
  wait_for_tickets(3);
  m.downgrade();
  EXPECT_EQ(*order.recv(), 'r');
  EXPECT_FALSE(order.try_recv()) << "the writer waits for all readers";
  m.unlock_shared();
  all.wait();
  EXPECT_EQ(*order.recv(), 'w');
}

TEST_F(shared_mutex_test, gives_tokens_to_readers_too) {
  auto writer = sync.shared_mutex("m").acquire();
  const auto written = writer.token();
  writer.release();
  EXPECT_GT(sync.shared_mutex("m").acquire_shared().token(), written);
}

TEST_F(shared_mutex_test, loses_what_a_lost_session_held) {
  auto m = sync.shared_mutex("m");
  m.lock();
  static_cast<coord::local_session&>(sync.session()).kill();
  EXPECT_EQ(error_of([&] { m.downgrade(); }).first, status::session_lost);
  EXPECT_TRUE(other.shared_mutex("m").try_acquire());
}

TEST_F(shared_mutex_test, gives_up_in_time) {
  auto writer = sync.shared_mutex("m").acquire();
  auto m = other.shared_mutex("m");
  EXPECT_FALSE(m.try_lock_shared_for(1ms));
  EXPECT_EQ(m.try_acquire_shared_for(1ms).status(), status::timeout);
  EXPECT_FALSE(m.try_acquire_shared());
  writer.release();
  EXPECT_TRUE(m.try_acquire_shared());
}

TEST_F(shared_mutex_test, refuses_to_give_up_what_nobody_has) {
  auto m = sync.shared_mutex("m");
  EXPECT_DEATH(m.unlock(), "a named shared mutex is unlocked that is not locked");
  EXPECT_DEATH(m.unlock_shared(), "a named shared mutex is unlocked that nobody shares");
  EXPECT_DEATH(m.downgrade(), "a named shared mutex is downgraded that is not locked");
}

}  // namespace
