#include <lockstep/runtime/boost_thread.hpp>
#include <lockstep/testing/world.hpp>

// All of this program runs on Boost.Thread: the main thread is attached from the start.
namespace {
const auto main_is_attached = lockstep::boost_thread::attach();
}
namespace lockstep::testing {
template <>
inline constexpr const char* runtime_name<watched<boost_thread_runtime>> = "boost_thread";
template <>
inline constexpr const char* runtime_name<watched<any_runtime>> = "any";
using runtimes = ::testing::Types<watched<boost_thread_runtime>, watched<any_runtime>>;
}  // namespace lockstep::testing

#include <lockstep/barrier.hpp>
#include <lockstep/channel.hpp>
#include <lockstep/condition_variable.hpp>
#include <lockstep/go.hpp>
#include <lockstep/select.hpp>
#include <lockstep/semaphore.hpp>
#include <lockstep/testing/mutex.hpp>
#include <lockstep/testing/parker.hpp>
#include <lockstep/testing/task_group.hpp>
#include <lockstep/testing/task_group_limit.hpp>
#include <lockstep/this_task.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/boost_worker.hpp"
#include "support/boost_tsan.hpp"

namespace {

using lockstep::any_runtime;
using lockstep::boost_thread_runtime;
using lockstep::status;
using support::boost_worker;
using namespace std::chrono_literals;

std::string current_runtime() { return lockstep::detail::current_runtime()->name; }

TEST(boost_thread_runtime_test, is_that_of_a_thread_while_it_is_attached) {
  EXPECT_EQ(current_runtime(), "boost_thread");
  support::run([] {
    EXPECT_EQ(current_runtime(), "threads");
    {
      const auto here = lockstep::boost_thread::attach();
      const auto again = lockstep::boost_thread::attach();
      EXPECT_EQ(current_runtime(), "boost_thread");
    }
    EXPECT_EQ(current_runtime(), "threads");
  }).join();
}

TEST(boost_thread_runtime_test, is_that_of_the_tasks_which_its_threads_start) {
  EXPECT_EQ(lockstep::spawn("child", current_runtime).join(), "boost_thread");
  EXPECT_EQ(lockstep::spawn<boost_thread_runtime>(current_runtime).join(), "boost_thread");
  EXPECT_STREQ(lockstep::spawn("child", [] { return std::string{lockstep::this_task::name()}; })
                   .join()
                   .c_str(),
               "child");
}

TEST(boost_thread_runtime_test, interrupts_no_wait_on_any_of_a_thread_that_is_not_attached) {
  lockstep::latch l{1};
  bool pending = false;
  boost::thread stranger{[&] {
    l.wait();
    pending = boost::this_thread::interruption_requested();
  }};
  stranger.interrupt();
  l.count_down();
  stranger.join();
  EXPECT_TRUE(pending);
}

template <class R>
struct interruption : ::testing::Test {
  using channel = lockstep::basic_channel<int, R>;
  using latch = lockstep::basic_latch<R>;
  using mutex = lockstep::basic_mutex<R>;
  using condition_variable = lockstep::basic_condition_variable<R>;

  // Blocks in wait(), and has to be left by an interruption.
  template <class Wait>
  static void interrupts(Wait wait) {
    boost_worker worker{wait};
    worker.until_blocked();
    worker.interrupt();
    EXPECT_TRUE(worker.was_interrupted());
  }
  // The calling worker has an interruption before it, which takes effect at the next wait.
  static void expect_pending() {
    EXPECT_TRUE(boost::this_thread::interruption_requested());
    EXPECT_THROW(latch{1}.wait(), boost::thread_interrupted);
  }
};
using both = ::testing::Types<boost_thread_runtime, any_runtime>;
struct names {
  template <class R>
  static std::string GetName(int) {
    return std::is_same_v<R, any_runtime> ? "any" : "boost_thread";
  }
};
TYPED_TEST_SUITE(interruption, both, names);

TYPED_TEST(interruption, ends_a_receive_and_leaves_no_receiver_behind) {
  typename TestFixture::channel ch;
  this->interrupts([&] { static_cast<void>(ch.recv()); });
  EXPECT_EQ(ch.try_send(1), status::would_block);
  boost_worker next{[&] { EXPECT_EQ(ch.recv(), 2); }};
  ch.send(2);
}

TYPED_TEST(interruption, ends_a_send_whose_value_is_not_received) {
  typename TestFixture::channel ch;
  this->interrupts([&] { ch.send(1); });
  EXPECT_EQ(ch.try_recv().status(), status::would_block);
  boost_worker next{[&] { ch.send(2); }};
  EXPECT_EQ(ch.recv(), 2);
}

TYPED_TEST(interruption, ends_a_wait_that_has_a_deadline_or_a_context) {
  typename TestFixture::channel ch;
  const lockstep::cancel_scope scope;
  this->interrupts([&] { static_cast<void>(ch.try_recv_for(1h)); });
  this->interrupts([&] { static_cast<void>(ch.recv(scope.context())); });
  EXPECT_EQ(ch.try_send(1), status::would_block);
}

TYPED_TEST(interruption, ends_a_lock_and_leaves_the_mutex_to_its_holder) {
  typename TestFixture::mutex m;
  m.lock();
  this->interrupts([&] { m.lock(); });
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(interruption, lets_those_pass_who_waited_behind_a_large_request) {
  lockstep::basic_semaphore<TypeParam> s{2, 3};
  boost_worker large{[&] { s.acquire(3); }};
  large.until_blocked();
  boost_worker small{[&] { s.acquire(1); }};
  small.until_blocked();
  large.interrupt();
  EXPECT_TRUE(large.was_interrupted());
  EXPECT_FALSE(small.was_interrupted());
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(interruption, ends_a_select_and_leaves_no_case_behind) {
  typename TestFixture::channel a;
  typename TestFixture::channel b;
  lockstep::basic_semaphore<TypeParam> s{0};
  this->interrupts([&] {
    lockstep::select(lockstep::on_recv(a, [](int) { FAIL(); }),
                     lockstep::on_send(b, 1, [] { FAIL(); }),
                     lockstep::on_acquire(s, [] { FAIL(); }));
  });
  EXPECT_EQ(a.try_send(1), status::would_block);
  EXPECT_EQ(b.try_recv().status(), status::would_block);
  s.release();
  EXPECT_EQ(s.available(), 1);
}

TYPED_TEST(interruption, breaks_a_barrier_for_those_who_wait_with_it) {
  lockstep::basic_barrier<TypeParam> b{3};
  boost_worker patient{[&] { EXPECT_EQ(b.arrive_and_wait_for(1h), status::broken); }};
  patient.until_blocked();
  this->interrupts([&] { b.arrive_and_wait(); });
  EXPECT_FALSE(patient.was_interrupted());
  b.reset();
  boost_worker one{[&] { b.arrive_and_wait(); }};
  boost_worker two{[&] { b.arrive_and_wait(); }};
  b.arrive_and_wait();
}

TYPED_TEST(interruption, comes_too_late_for_a_barrier_at_which_all_have_arrived) {
  typename TestFixture::latch complete{1};
  lockstep::basic_barrier<TypeParam> b{2, [&] { complete.wait(); }};
  boost_worker early{[&] {
    b.arrive_and_wait();
    this->expect_pending();
  }};
  early.until_blocked();
  boost_worker last{[&] { b.arrive_and_wait(); }};
  last.until_blocked();  // in the completion
  early.interrupt();
  early.until_blocked();
  complete.count_down();
  EXPECT_FALSE(early.was_interrupted());
  EXPECT_FALSE(last.was_interrupted());
  EXPECT_FALSE(b.broken());
}

TYPED_TEST(interruption, returns_the_lock_of_a_condition_variable_first) {
  typename TestFixture::mutex m;
  typename TestFixture::condition_variable cv;
  bool held = false;
  this->interrupts([&] {
    std::unique_lock hold{m};
    try {
      cv.wait(hold);
    } catch (...) {
      held = hold.owns_lock() && !m.try_lock();
      throw;
    }
  });
  EXPECT_TRUE(held);
  boost_worker next{[&] {
    std::unique_lock hold{m};
    cv.wait(hold);
  }};
  next.until_blocked();
  cv.notify_one();  // does not go to the one that was interrupted
  EXPECT_FALSE(next.was_interrupted());
}

TYPED_TEST(interruption, does_not_undo_a_notification_while_the_lock_is_taken_again) {
  typename TestFixture::mutex m;
  typename TestFixture::condition_variable cv;
  boost_worker waiting{[&] {
    std::unique_lock hold{m};
    cv.wait(hold);
    EXPECT_TRUE(hold.owns_lock());
    hold.unlock();
    this->expect_pending();
  }};
  waiting.until_blocked();
  m.lock();
  cv.notify_one();
  waiting.until_blocked();  // for the lock
  waiting.interrupt();
  waiting.until_blocked();
  m.unlock();
  EXPECT_FALSE(waiting.was_interrupted());
}

TYPED_TEST(interruption, ends_every_other_wait) {
  typename TestFixture::latch l{1};
  lockstep::basic_wait_group<TypeParam> wg;
  wg.add();
  lockstep::basic_task_group<TypeParam> g;
  g.go([&] { l.wait(); });
  this->interrupts([&] { l.wait(); });
  this->interrupts([&] { wg.wait(); });
  this->interrupts([&] { g.wait(); });
  this->interrupts([] { lockstep::this_task::sleep_for(1h); });
  l.count_down();
  wg.done();
  g.wait();
}

TYPED_TEST(interruption, leaves_a_task_to_be_joined_again) {
  typename TestFixture::latch let_go{1};
  auto task = lockstep::spawn<TypeParam>([&] {
    let_go.wait();
    return 7;
  });
  this->interrupts([&] { task.join(); });
  let_go.count_down();
  EXPECT_EQ(task.join(), 7);
}

TYPED_TEST(interruption, takes_effect_only_where_a_thread_has_to_wait) {
  typename TestFixture::channel ch{1};
  typename TestFixture::latch l{1};
  boost_worker worker{[&] {
    while (!boost::this_thread::interruption_requested()) boost::this_thread::yield();
    ch.send(1);
    EXPECT_EQ(ch.recv(), 1);
    EXPECT_EQ(ch.try_recv().status(), status::would_block);
    this->expect_pending();
  }};
  worker.interrupt();
  EXPECT_FALSE(worker.was_interrupted());
}

TYPED_TEST(interruption, waits_while_it_is_disabled) {
  typename TestFixture::latch l{1};
  boost_worker worker{[&] {
    {
      const boost::this_thread::disable_interruption off;
      l.wait();
    }
    this->expect_pending();
  }};
  worker.until_blocked();
  worker.interrupt();
  worker.until_blocked();
  l.count_down();
  EXPECT_FALSE(worker.was_interrupted());
}

TYPED_TEST(interruption, does_not_leave_a_destructor_that_waits) {
  const auto put_off_by = [&](auto start_and_destroy) {
    typename TestFixture::latch let_go{1};
    boost_worker owner{[&] {
      start_and_destroy(let_go);
      this->expect_pending();
    }};
    owner.until_blocked();
    owner.interrupt();
    owner.until_blocked();
    let_go.count_down();
    EXPECT_FALSE(owner.was_interrupted());
  };
  put_off_by(
      [](auto& let_go) { const auto task = lockstep::spawn<TypeParam>([&] { let_go.wait(); }); });
  put_off_by([](auto& let_go) {
    lockstep::basic_task_group<TypeParam> group;
    group.go([&] { let_go.wait(); });
  });
}

// What follows knows for certain which came first: the wake-up of the operation is held back.
template <class R>
struct late_interruption : interruption<R> {
  // Calls release() for a worker that is blocked in wait(), and interrupts it before it can wake.
  // Once that was noticed, and put off, it wakes up; then wait() has to return.
  template <class Wait, class Release>
  static void comes_too_late(Wait wait, Release release) {
    lockstep::detail::task_info task;
    lockstep::testing::task_state state;
    boost_worker worker{[&] {
      lockstep::detail::thread_task = &task;
      R::begin(state);
      wait();
      R::end(state);
      lockstep::detail::thread_task = nullptr;
      interruption<R>::expect_pending();
    }};
    while (!R::is_blocked(state)) R::yield();
    {
      const typename R::late_wakes after_this;
      release();
      worker.interrupt();
      while (worker.interruption_is_pending()) R::yield();  // until it was thrown
    }
    EXPECT_FALSE(worker.was_interrupted());
  }
};
TYPED_TEST_SUITE(late_interruption, lockstep::testing::runtimes, lockstep::testing::suite_names);

TYPED_TEST(late_interruption, does_not_lose_a_value_that_was_received) {
  typename TestFixture::channel ch;
  this->comes_too_late([&] { EXPECT_EQ(ch.recv(), 7); }, [&] { ch.send(7); });
  this->comes_too_late([&] { EXPECT_EQ(ch.try_recv_for(1h), 7); }, [&] { ch.send(7); });
}

TYPED_TEST(late_interruption, does_not_send_a_value_twice) {
  typename TestFixture::channel ch;
  this->comes_too_late([&] { ch.send(7); }, [&] { EXPECT_EQ(ch.recv(), 7); });
  EXPECT_EQ(ch.try_recv().status(), status::would_block);
}

TYPED_TEST(late_interruption, does_not_lose_what_a_select_has_chosen) {
  typename TestFixture::channel a;
  typename TestFixture::channel b;
  this->comes_too_late(
      [&] {
        int got = 0;
        const auto s = lockstep::select(lockstep::on_recv(a, [&](int v) { got = v; }),
                                        lockstep::on_recv(b, [](int) { FAIL(); }));
        EXPECT_EQ(s.index, 0U);
        EXPECT_EQ(got, 7);
      },
      [&] { a.send(7); });
  EXPECT_EQ(b.try_send(1), status::would_block);
}

TYPED_TEST(late_interruption, does_not_lose_permits) {
  lockstep::basic_semaphore<TypeParam> s{0};
  this->comes_too_late([&] { s.acquire(2); }, [&] { s.release(2); });
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(late_interruption, does_not_change_how_a_wait_was_ended) {
  typename TestFixture::channel ch;
  lockstep::cancel_scope scope;
  this->comes_too_late([&] { EXPECT_EQ(ch.recv(scope.context()).status(), status::cancelled); },
                       [&] { scope.cancel(); });
}

// LT-1
TYPED_TEST(interruption, does_not_touch_an_object_after_the_wait) {
  for (int i = 0; i < 2'000; ++i) {
    auto l = std::make_unique<typename TestFixture::latch>(1);
    std::atomic<bool> released{false};
    boost_worker releaser{[&, &latch = *l] {
      latch.count_down();
      released = true;
    }};
    boost_worker waiting{[&] {
      try {
        l->wait();
      } catch (const boost::thread_interrupted&) {
        while (!released) boost::this_thread::yield();
      }
      l.reset();
    }};
    if (i % 2 == 0) waiting.interrupt();
  }
}

}  // namespace
