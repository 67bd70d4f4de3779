// LT-1: a task may destroy an object as soon as its own wait on it has returned, although the call
// that released it has not. LT-2: detached tasks outlive main's statics.

#include "support/runtimes.hpp"
// Before all others.
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <lockstep/barrier.hpp>
#include <lockstep/channel.hpp>
#include <lockstep/condition_variable.hpp>
#include <lockstep/context.hpp>
#include <lockstep/event.hpp>
#include <lockstep/go.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/once.hpp>
#include <lockstep/select.hpp>
#include <lockstep/semaphore.hpp>
#include <lockstep/shared_mutex.hpp>
#include <lockstep/task_group.hpp>
#include <lockstep/timer.hpp>
#include <lockstep/wait_group.hpp>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "support/detached_tasks.hpp"
#include "support/stalls.hpp"
#include "support/world.hpp"

namespace {

using lockstep::status;

// A place through which one task hands pointers to another, as fast as it goes.
template <class T, class R>
class hand_over {
 public:
  void give(T* p) noexcept { place_.store(p, std::memory_order_release); }
  void end() noexcept { ended_.store(true, std::memory_order_release); }
  // The next pointer; null after the end.
  T* take() noexcept {
    for (int spins = 1;; ++spins) {
      const bool last = ended_.load(std::memory_order_acquire);
      if (T* p = place_.exchange(nullptr, std::memory_order_acquire); p != nullptr) return p;
      if (last) return nullptr;
      if (spins % 256 == 0) R::yield();
    }
  }

 private:
  std::atomic<T*> place_{nullptr};
  std::atomic<bool> ended_{false};
};

// Passes some time, up to about a microsecond: another time in every round.
void dawdle(int round) {
  for (int i = round * 7919 % 97; i > 0; --i) std::atomic_signal_fence(std::memory_order_seq_cst);
}

template <class R>
struct lifetime_test : ::testing::Test {
  void SetUp() override { RecordProperty("statements", "LT-1"); }

  // In every round one task releases an object on which another waits, and which this destroys at
  // once. In even rounds the waiter is late and need not block; in some it is asleep. Now and then the
  // thread of the one who releases stops, wherever it is. Makes
  // LOCKSTEP_ROUNDS rounds, or 100,000; on a busy machine as many as fit into the time.
  template <class Make, class Release, class Wait>
  static void destroyed_after_its_release(Make make, Release release, Wait wait) {
    using object = typename decltype(make())::element_type;
    const auto rounds = static_cast<int>(support::from_environment("LOCKSTEP_ROUNDS", 100'000));
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{1'500};
    hand_over<object, R> handed;
    std::atomic<pthread_t> thread{};
    auto releaser = lockstep::spawn<R>([&] {
      thread = ::pthread_self();
      for (int i = 0; object* const o = handed.take(); ++i) {
        if (i % 2 != 0) dawdle(i);
        if (i % 1024 == 1) {
          std::this_thread::sleep_until(std::chrono::steady_clock::now() +
                                        std::chrono::microseconds{200});
        }
        release(*o);
      }
    });
    while (thread == pthread_t{}) R::yield();
    auto now_and_then = std::make_unique<support::stalls>(std::vector<pthread_t>{thread},
                                                          std::chrono::microseconds{300});
    for (int i = 0; i < rounds && (i % 64 != 0 || std::chrono::steady_clock::now() < end); ++i) {
      auto o = make();
      handed.give(o.get());
      if (i % 2 == 0) dawdle(i);
      wait(*o);
      o.reset();
    }
    now_and_then.reset();  // while there is that thread
    handed.end();
    releaser.join();
  }

  // The same, where nothing has to be done to the object before.
  template <class Object, class... Args>
  static auto fresh(Args... args) {
    return [=] { return std::make_unique<Object>(args...); };
  }
};
TYPED_TEST_SUITE(lifetime_test, lockstep::testing::bare_runtimes,
                 lockstep::testing::bare_runtime_names);

TYPED_TEST(lifetime_test, channel_by_the_receiver_of_a_rendezvous) {  // LT-1
  using channel = lockstep::basic_channel<int, TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<channel>(), [](channel& c) { c.send(1); },
      [](channel& c) { static_cast<void>(c.recv()); });
}

TYPED_TEST(lifetime_test, channel_by_the_sender_of_a_rendezvous) {  // LT-1
  using channel = lockstep::basic_channel<int, TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<channel>(), [](channel& c) { static_cast<void>(c.recv()); },
      [](channel& c) { c.send(1); });
}

TYPED_TEST(lifetime_test, channel_by_the_receiver_of_a_buffered_value) {  // LT-1
  using channel = lockstep::basic_channel<int, TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<channel>(std::size_t{1}), [](channel& c) { c.send(1); },
      [](channel& c) { static_cast<void>(c.recv()); });
}

TYPED_TEST(lifetime_test, channel_by_the_sender_who_got_room_in_its_buffer) {  // LT-1
  using channel = lockstep::basic_channel<int, TypeParam>;
  this->destroyed_after_its_release(
      [] {
        auto c = std::make_unique<channel>(1);
        c->send(0);
        return c;
      },
      [](channel& c) { static_cast<void>(c.recv()); }, [](channel& c) { c.send(1); });
}

TYPED_TEST(lifetime_test, channel_by_the_receiver_of_an_unbounded_one) {  // LT-1
  using channel = lockstep::basic_channel<int, TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<channel>(lockstep::unbounded), [](channel& c) { c.send(1); },
      [](channel& c) { static_cast<void>(c.recv()); });
}

TYPED_TEST(lifetime_test, channel_by_whoever_saw_it_closed) {  // LT-1
  using channel = lockstep::basic_channel<int, TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<channel>(), [](channel& c) { c.close(); },
      [](channel& c) { static_cast<void>(c.recv()); });
}

TYPED_TEST(lifetime_test, channel_by_a_receiver_whose_time_may_be_over) {  // LT-1
  struct exchange {
    lockstep::basic_channel<int, TypeParam> ch;
    std::atomic<bool> left{false};
  };
  this->destroyed_after_its_release(
      this->template fresh<exchange>(),
      [](exchange& e) {
        if (e.ch.try_send(1) != status::ok) e.left = true;
      },
      [](exchange& e) {
        if (e.ch.try_recv_for(std::chrono::nanoseconds{500})) return;
        // Its sender may still be about to send: then that finds nobody, or this, which receives.
        while (!e.left && !e.ch.try_recv_for(std::chrono::microseconds{50})) {
        }
      });
}

TYPED_TEST(lifetime_test, latch) {  // LT-1
  using latch = lockstep::basic_latch<TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<latch>(1), [](latch& l) { l.count_down(); }, [](latch& l) { l.wait(); });
}

TYPED_TEST(lifetime_test, latch_by_a_task_that_polls) {  // LT-1
  using latch = lockstep::basic_latch<TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<latch>(1), [](latch& l) { l.count_down(); },
      [](latch& l) {
        static_cast<void>(l.try_wait_for(std::chrono::nanoseconds{100}));
        while (!l.try_wait()) {
        }
      });
}

TYPED_TEST(lifetime_test, wait_group) {  // LT-1
  using wait_group = lockstep::basic_wait_group<TypeParam>;
  this->destroyed_after_its_release(
      [] {
        auto g = std::make_unique<wait_group>();
        g->add();
        return g;
      },
      [](wait_group& g) { g.done(); }, [](wait_group& g) { g.wait(); });
}

TYPED_TEST(lifetime_test, semaphore) {  // LT-1
  using semaphore = lockstep::basic_semaphore<TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<semaphore>(0), [](semaphore& s) { s.release(); },
      [](semaphore& s) { s.acquire(); });
}

TYPED_TEST(lifetime_test, timer) {  // LT-1
  using timer = lockstep::basic_timer<TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<timer>(std::chrono::hours{1}),
      [](timer& t) { t.reset(std::chrono::seconds{0}); },
      [](timer& t) { static_cast<void>(t.recv()); });
}

TYPED_TEST(lifetime_test, timer_by_a_select) {  // LT-1
  using timer = lockstep::basic_timer<TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<timer>(std::chrono::hours{1}),
      [](timer& t) { t.reset(std::chrono::seconds{0}); },
      [](timer& t) { lockstep::select(lockstep::on_recv(t)); });
}

TYPED_TEST(lifetime_test, cancel_scope_by_whoever_saw_its_end) {  // LT-1
  using lockstep::cancel_scope;
  this->destroyed_after_its_release(
      this->template fresh<cancel_scope>(), [](cancel_scope& s) { s.cancel(); },
      [](cancel_scope& s) {
        lockstep::basic_channel<int, TypeParam> silent;
        static_cast<void>(silent.recv(s.context()));
      });
}

TYPED_TEST(lifetime_test, mutex) {  // LT-1
  using mutex = lockstep::basic_mutex<TypeParam>;
  this->destroyed_after_its_release(
      [] {
        auto m = std::make_unique<mutex>();
        m->lock();
        return m;
      },
      [](mutex& m) { m.unlock(); },
      [](mutex& m) {
        m.lock();
        m.unlock();
      });
}

TYPED_TEST(lifetime_test, mutex_that_counts_its_users) {  // LT-1
  struct shared {
    lockstep::basic_mutex<TypeParam> m;
    int users = 2;
    bool leave() {
      const std::lock_guard hold{m};
      return --users == 0;
    }
  };
  std::atomic<int> left_to_waiter{0};  // objects whose releaser was last to leave
  this->destroyed_after_its_release(
      this->template fresh<shared>(),
      [&](shared& s) {
        if (s.leave()) ++left_to_waiter;
      },
      [&](shared& s) {
        if (s.leave()) return;
        while (left_to_waiter == 0) TypeParam::yield();
        --left_to_waiter;
      });
}

TYPED_TEST(lifetime_test, shared_mutex_by_a_writer_after_a_reader) {  // LT-1
  using shared_mutex = lockstep::basic_shared_mutex<TypeParam>;
  this->destroyed_after_its_release(
      [] {
        auto m = std::make_unique<shared_mutex>();
        m->lock_shared();
        return m;
      },
      [](shared_mutex& m) { m.unlock_shared(); },
      [](shared_mutex& m) {
        m.lock();
        m.unlock();
      });
}

TYPED_TEST(lifetime_test, shared_mutex_by_a_reader_after_a_writer) {  // LT-1
  using shared_mutex = lockstep::basic_shared_mutex<TypeParam>;
  this->destroyed_after_its_release(
      [] {
        auto m = std::make_unique<shared_mutex>();
        m->lock();
        return m;
      },
      [](shared_mutex& m) { m.unlock(); },
      [](shared_mutex& m) {
        m.lock_shared();
        m.unlock_shared();
      });
}

TYPED_TEST(lifetime_test, shared_mutex_by_a_task_that_tries_now_and_then) {  // LT-1
  using shared_mutex = lockstep::basic_shared_mutex<TypeParam>;
  this->destroyed_after_its_release(
      [] {
        auto m = std::make_unique<shared_mutex>();
        m->lock_upgrade();
        return m;
      },
      [](shared_mutex& m) { m.unlock_upgrade(); },
      [](shared_mutex& m) {
        static_cast<void>(m.try_lock_upgrade_for(std::chrono::nanoseconds{100}) &&
                          (m.unlock_upgrade(), true));
        while (!m.try_lock()) {
        }
        m.unlock();
      });
}

TYPED_TEST(lifetime_test, manual_event) {  // LT-1
  using event = lockstep::basic_event<TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<event>(), [](event& e) { e.set(); }, [](event& e) { e.wait(); });
}

TYPED_TEST(lifetime_test, automatic_event_by_a_task_that_polls) {  // LT-1
  using event = lockstep::basic_event<TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<event>(event::automatic), [](event& e) { e.set(); },
      [](event& e) {
        if (e.try_wait_for(std::chrono::nanoseconds{100}) == status::ok) return;
        while (!e.try_wait()) {
        }
      });
}

TYPED_TEST(lifetime_test, once_by_a_task_that_waited_for_the_function) {  // LT-1
  struct object {
    lockstep::basic_once<TypeParam> once;
    std::atomic<bool> running{false};
  };
  this->destroyed_after_its_release(
      this->template fresh<object>(), [](object& o) { o.once.call([&o] { o.running = true; }); },
      [](object& o) {
        while (!o.running) TypeParam::yield();
        o.once.call([] { FAIL() << "the other task runs the function"; });
      });
}

TYPED_TEST(lifetime_test, condition_variable) {  // LT-1
  // A lock that tells when the waiter is in the queue: it is then that wait() unlocks.
  struct announcing {
    lockstep::basic_condition_variable<TypeParam> cv;
    std::atomic<bool> waits{false};
    void lock() {}
    void unlock() { waits.store(true, std::memory_order_release); }
  };
  this->destroyed_after_its_release(
      this->template fresh<announcing>(),
      [](announcing& a) {
        while (!a.waits.load(std::memory_order_acquire)) TypeParam::yield();
        a.cv.notify_one();
      },
      [](announcing& a) { a.cv.wait(a); });
}

TYPED_TEST(lifetime_test,
           condition_variable_by_the_task_that_notified_a_wait_that_gives_up) {  // LT-1
  using condition_variable = lockstep::basic_condition_variable<TypeParam>;
  struct announcing {
    std::atomic<bool> waits{false};
    void lock() {}
    void unlock() { waits.store(true, std::memory_order_release); }
  };
  announcing lock;  // outlives the condition variable
  this->destroyed_after_its_release(
      [&] {
        lock.waits = false;
        return std::make_unique<condition_variable>();
      },
      [&](condition_variable& cv) {
        static_cast<void>(cv.wait_for(lock, std::chrono::nanoseconds{200}));
      },
      [&](condition_variable& cv) {
        for (int spins = 1; !lock.waits.load(std::memory_order_acquire); ++spins) {
          if (spins % 256 == 0) TypeParam::yield();
        }
        cv.notify_all();
      });
}

TYPED_TEST(lifetime_test, barrier_by_a_task_that_waited_for_the_last_to_arrive) {  // LT-1
  using barrier = lockstep::basic_barrier<TypeParam>;
  this->destroyed_after_its_release(
      this->template fresh<barrier>(2), [](barrier& b) { static_cast<void>(b.arrive()); },
      [](barrier& b) { b.arrive_and_wait(); });
}

TYPED_TEST(lifetime_test, barrier_with_a_completion) {  // LT-1
  using barrier = lockstep::basic_barrier<TypeParam>;
  this->destroyed_after_its_release([] { return std::make_unique<barrier>(2, [] {}); },
                                    [](barrier& b) { static_cast<void>(b.arrive()); },
                                    [](barrier& b) { b.arrive_and_wait(); });
}

TYPED_TEST(lifetime_test, context_by_a_task_that_saw_it_cancelled) {  // LT-1
  struct work {
    lockstep::cancel_scope scope;
    lockstep::basic_channel<int, TypeParam> ch;
  };
  this->destroyed_after_its_release(
      this->template fresh<work>(),
      [](work& w) {
        const lockstep::context handle = w.scope.context();  // keeps the state alive
        w.scope.cancel();
      },
      [](work& w) { EXPECT_EQ(w.ch.recv(w.scope.context()).status(), status::cancelled); });
}

TYPED_TEST(lifetime_test, wait_group_of_the_tasks_it_started) {  // LT-1
  for (int i = 0; i < 200; ++i) {
    auto group = std::make_unique<lockstep::basic_wait_group<TypeParam>>();
    for (int t = 0; t < 3; ++t) group->go([] {});
    group->wait();
    group.reset();
  }
}

TYPED_TEST(lifetime_test, task_group_of_the_functions_it_started) {  // LT-1
  for (int i = 0; i < 200; ++i) {
    auto group = std::make_unique<lockstep::basic_task_group<TypeParam>>();
    group->set_limit(2);
    for (int t = 0; t < 3; ++t) group->go([] { return status::closed; });
    EXPECT_EQ(group->wait(lockstep::background()), status::closed);
    group.reset();
  }
}

TYPED_TEST(lifetime_test, detached_tasks_go_on_while_the_statics_of_main_are_destroyed) {  // LT-2
  this->RecordProperty("statements", "LT-2");
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        support::start_detached_tasks<TypeParam>();
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
