// world.hpp: what a suite of behaviour tests needs from a runtime: tasks of it, knowing for certain
// that one is blocked, and winning the race against one that was woken.
//
// The suites in this folder prove the statements of tests/STATEMENTS.md for the runtimes listed in
// lockstep::testing::runtimes, which the including program declares. For a runtime of your own:
//
//   #include <lockstep/testing/world.hpp>
//   #include "my_runtime.hpp"
//   namespace lockstep::testing { using runtimes = ::testing::Types<watched<my_runtime>>; }
//   #include <lockstep/testing/conformance.hpp>
//
// and link GTest::gtest_main, or a main that runs RUN_ALL_TESTS() in a task of that runtime.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../clock.hpp"
#include "../error.hpp"
#include "../latch.hpp"
#include "../runtime/concept.hpp"
#include "../runtime/task.hpp"
#include "contracts.hpp"

namespace lockstep::testing {

using namespace std::chrono_literals;

// How a runtime is called in the names of tests; to be specialised.
template <class R>
inline constexpr const char* runtime_name = "mine";

// Whether a task that was started by run() is blocked, and for good.
struct task_state {
  bool blocked = false;
  bool ended = false;
};

// R, with a parker that says when its task blocks. All of it under one lock: a task is blocked from
// the beginning of a park that was not released to the unpark that releases it.
template <spawning_runtime R>
struct watched : R {
  using runtime = R;

  class parker {
   public:
    void park() {
      enter();
      inner_.park();
      leave(true);
    }
    bool park_until(time_point deadline) {
      enter();
      const bool released = inner_.park_until(deadline);
      leave(released);
      return released;
    }
    template <class Lock>
      requires requires(typename R::parker p, Lock& held) { p.park_releasing(held); }
    void park_releasing(Lock& held) {
      enter();
      inner_.park_releasing(held);
      leave(true);
    }
    [[nodiscard]] bool interruptible() const noexcept
      requires requires(const typename R::parker p) { p.interruptible(); }
    {
      return inner_.interruptible();
    }
    void unpark() noexcept {
      {
        const std::lock_guard hold{lock_};
        if (held_back_ != nullptr) {
          held_back_->push_back(this);
          return;
        }
      }
      release();
    }

   private:
    friend watched;
    void enter() {
      const std::lock_guard hold{lock_};
      const auto known = tasks_.find(R::self());
      task_ = known != tasks_.end() ? known->second : nullptr;
      if (task_ != nullptr) task_->blocked = !released_;
    }
    void leave(bool released) {
      const std::lock_guard hold{lock_};
      if (task_ != nullptr) task_->blocked = false;
      task_ = nullptr;
      if (released) released_ = false;
    }
    void release() noexcept {
      {
        const std::lock_guard hold{lock_};
        released_ = true;
        if (task_ != nullptr) task_->blocked = false;
      }
      inner_.unpark();
    }

    typename R::parker inner_;
    task_state* task_ = nullptr;
    bool released_ = false;
  };

  // While one lives, wake-ups are held back; they arrive when it ends. One at a time.
  class late_wakes {
   public:
    late_wakes() {
      const std::lock_guard hold{lock_};
      held_back_ = &mine_;
    }
    late_wakes(const late_wakes&) = delete;
    ~late_wakes() {
      {
        const std::lock_guard hold{lock_};
        held_back_ = nullptr;
      }
      for (parker* p : mine_) p->release();
    }
    // How many were sent so far.
    [[nodiscard]] std::size_t count() const {
      const std::lock_guard hold{lock_};
      return mine_.size();
    }

   private:
    std::vector<parker*> mine_;
  };

  // While one lives, now() stands still, but for advance(). Deadlines are not affected. One at a
  // time.
  class stopped_clock {
   public:
    stopped_clock() { now_.store(R::now().time_since_epoch().count()); }
    stopped_clock(const stopped_clock&) = delete;
    ~stopped_clock() { now_.store(running); }
    static void advance(duration d) { now_.fetch_add(d.count()); }
  };
  static time_point now() noexcept {
    const auto stopped_at = now_.load();
    return stopped_at == running ? R::now() : time_point{duration{stopped_at}};
  }

  static bool is_blocked(const task_state& t) {
    const std::lock_guard hold{lock_};
    return t.blocked;
  }
  static bool has_ended(const task_state& t) {
    const std::lock_guard hold{lock_};
    return t.ended;
  }
  // The calling task is the one of t, until end().
  static void begin(task_state& t) {
    const std::lock_guard hold{lock_};
    tasks_[R::self()] = &t;
  }
  static void end(task_state& t) {
    const std::lock_guard hold{lock_};
    tasks_.erase(R::self());
    t.ended = true;
  }

 private:
  static inline std::mutex lock_;
  static inline std::map<const void*, task_state*> tasks_;
  static inline std::vector<parker*>* held_back_ = nullptr;
  static constexpr duration::rep running = 0;
  static inline std::atomic<duration::rep> now_{running};
};

// A task of runtime R = watched<...> with a result. Joins when destroyed.
template <class R, class Result>
class background_task {
 public:
  template <class F>
  explicit background_task(F f) {
    R::spawn(new closure<F>{*this, std::move(f)}, nullptr);
  }
  // And returns once it is blocked.
  template <class F>
  background_task(F f, bool /*blocked*/) : background_task{std::move(f)} {
    until_blocked();
  }
  background_task(const background_task&) = delete;
  ~background_task() { await(); }

  // Whether the task is blocked in an operation of the library, and nobody has woken it.
  [[nodiscard]] bool is_blocked() const { return R::is_blocked(state_); }
  // Returns once it is.
  void until_blocked() const {
    while (!is_blocked()) {
      if (R::has_ended(state_)) {
        ADD_FAILURE() << "the task ended instead of blocking";
        return;
      }
      R::yield();
    }
  }
  // Waits for the end of the task; returns its result or rethrows its exception.
  Result join() {
    await();
    if (failure_) std::rethrow_exception(failure_);
    if constexpr (!std::is_void_v<Result>) return std::move(*result_);
  }

 private:
  template <class F>
  struct closure final : detail::task_closure {
    closure(background_task& t, F&& f) : task{&t}, body{std::move(f)} {}
    void run() noexcept override {
      R::begin(task->state_);
      try {
        if constexpr (std::is_void_v<Result>) {
          (*body)();
        } else {
          task->result_.emplace((*body)());
        }
      } catch (...) {
        task->failure_ = std::current_exception();
      }
      body.reset();
      R::end(task->state_);
      task->ended_.unpark();
    }
    background_task* task;
    std::optional<F> body;
  };

  void await() {
    if (!joined_) ended_.park();
    joined_ = true;
  }

  using stored = std::conditional_t<std::is_void_v<Result>, char, Result>;
  task_state state_;
  std::optional<stored> result_;
  std::exception_ptr failure_;
  bool joined_ = false;
  typename R::parker ended_;
};

// The base of all suites. R = watched<...>.
template <class R>
struct suite : ::testing::Test {
  // Starts f() as a task: auto t = this->run([&] { return ch.recv(); });
  template <class F>
  static auto run(F f) {
    return background_task<R, std::invoke_result_t<F&>>{std::move(f)};
  }
  // The same for a task that blocks; returns once it does.
  template <class F>
  static auto blocked(F f) {
    return background_task<R, std::invoke_result_t<F&>>{std::move(f), true};
  }
  // The tasks f(1) to f(3), of which each starts when the one before is blocked: their order of
  // arrival.
  template <class F>
  static auto three_in_line(F f) {
    std::list<background_task<R, std::invoke_result_t<F&, int>>> tasks;
    for (int i = 1; i <= 3; ++i)
      tasks.emplace_back([f, i]() mutable { return f(i); }).until_blocked();
    return tasks;
  }
  // Lets time pass for a task that may be blocked meanwhile.
  static void pause(duration d) { static_cast<void>(basic_latch<R>{1}.try_wait_for(d)); }

  // The status of the error that f() throws; ok if it throws none.
  template <class F>
  static status thrown_by(F f) {
    try {
      f();
      return status::ok;
    } catch (const error& e) {
      return e.status();
    }
  }
  // The numbers that can be received from a channel or a subscription without waiting.
  template <class Source>
  static std::vector<int> drain(Source& from) {
    std::vector<int> all;
    while (const auto v = from.try_recv()) all.push_back(*v);
    return all;
  }

  // Names the statements that the running test proves: proves("CH-1 CH-2").
  static void proves(const std::string& ids) { RecordProperty("statements", ids); }
};

struct suite_names {
  template <class R>
  static std::string GetName(int) {
    return runtime_name<R>;
  }
};

}  // namespace lockstep::testing
