#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <lockstep/runtime/fiber/worker.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace lockstep::detail;
using namespace std::chrono_literals;

// A worker that goes to sleep again and again, and finds nothing wherever it looks.
class idle_peer {
 public:
  explicit idle_peer(fiber_commons& home) : home_{home} {}
  idle_peer(const idle_peer&) = delete;
  ~idle_peer() {
    ended_ = true;
    home_.wake_all();
    thread_.join();
  }

  // Returns how often it was called, once it sleeps.
  int calls_until_asleep() const {
    for (;;) {
      const int calls = calls_;
      if (looks_ > calls) return calls;
      std::this_thread::yield();
    }
  }
  // Whether it is called once more than so often, before long.
  bool is_called_again(int calls) const {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (calls_ <= calls && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return calls_ > calls;
  }

 private:
  void run() {
    while (!ended_) {
      home_.fall_asleep(me_, [this] {
        looks_ = calls_ + 1;  // it may have been called without a look
        return ended_.load();
      });
      ++calls_;
      home_.end_search();
    }
  }

  fiber_commons& home_;
  fiber_sleeper me_;
  std::atomic<int> looks_{0};
  std::atomic<int> calls_{0};
  std::atomic<bool> ended_{false};
  std::thread thread_{[this] { run(); }};
};

// Runs fibers on this thread, as one worker of several.
class worker_test : public ::testing::Test {
 protected:
  class task final : public task_closure {
   public:
    explicit task(std::function<void()> body) : body_{std::move(body)} {}
    void run() noexcept override { body_(); }

   private:
    std::function<void()> body_;
  };

  // Runs the task, and those that it starts, to their end.
  void run(std::function<void()> body) {
    home_.inject(worker::make(new task{std::move(body)}, stacks_.standard(), home_));
    me_.run([this] { return me_.ended() == me_.started() + 1; });
  }
  // From a task.
  void start(std::function<void()> body) { me_.start(new task{std::move(body)}, 0); }

  fiber_commons home_{true};
  stack_shelf stacks_{64 * 1024};
  std::vector<worker*> peers_;
  worker me_{home_, stacks_, peers_, false};
  idle_peer peer_{home_};

 private:
  void SetUp() override { peers_.push_back(&me_); }
};

TEST_F(worker_test, calls_for_help_when_it_starts_a_fiber) {
  bool called = false;
  run([&] {
    const int before = peer_.calls_until_asleep();
    start([] {});
    called = peer_.is_called_again(before);
  });
  EXPECT_TRUE(called);
}

// A peer may have looked for work after the next fiber was taken from the queue, and before the one
// that gives way was put there.
TEST_F(worker_test, calls_for_help_for_a_fiber_that_yields) {
  bool called = false;
  int before = 0;
  run([&] {
    start([&] { called = peer_.is_called_again(before); });
    before = peer_.calls_until_asleep();
    me_.yield();
  });
  EXPECT_TRUE(called);
}

TEST_F(worker_test, calls_for_help_for_a_fiber_whose_permit_came_while_it_left_its_stack) {
  bool called = false;
  int before = 0;
  std::atomic<std::uintptr_t> word{parked_permit};
  run([&] {
    start([&] { called = peer_.is_called_again(before); });
    before = peer_.calls_until_asleep();
    me_.wait(word);
  });
  EXPECT_TRUE(called);
  EXPECT_EQ(word, parked_permit);
}

}  // namespace
