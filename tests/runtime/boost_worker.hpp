// boost_worker.hpp: a thread of Boost.Thread, to be interrupted.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <lockstep/runtime/boost_thread.hpp>

#include "support/world.hpp"

namespace support {

// Runs f() on a thread that is attached.
class boost_worker {
 public:
  template <class F>
  explicit boost_worker(F f)
      : thread_{[this, f]() mutable {
          tid_ = ::gettid();
          const auto here = lockstep::boost_thread::attach();
          try {
            f();
          } catch (const boost::thread_interrupted&) {
            interrupted_ = true;
          }
          ended_ = true;
        }} {}
  boost_worker(const boost_worker&) = delete;
  ~boost_worker() { thread_.join(); }

  void interrupt() { thread_.interrupt(); }
  // Whether the thread has an interruption before it. False: it was thrown.
  [[nodiscard]] bool interruption_is_pending() const { return thread_.interruption_requested(); }

  // Returns once the thread sleeps in the kernel and stays there, as background::until_blocked.
  void until_blocked() const {
    for (int seen = 0; seen < 5;) {
      if (ended_) {
        ADD_FAILURE() << "the thread ended instead of blocking";
        return;
      }
      seen = tid_ != 0 && thread_sleeps(tid_) ? seen + 1 : 0;
      std::this_thread::yield();
    }
  }
  [[nodiscard]] bool ended() const { return ended_; }
  void join() { thread_.join(); }
  // Waits for the end; whether it was an interruption that left f.
  bool was_interrupted() {
    join();
    return interrupted_;
  }

 private:
  std::atomic<long> tid_{0};
  std::atomic<bool> interrupted_{false};
  std::atomic<bool> ended_{false};
  boost::thread thread_;
};

}  // namespace support
