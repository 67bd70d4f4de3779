// stalls.hpp: threads that stop for a while at instructions of no choice of theirs, as on a machine
// with fewer processors than threads, but thousands of times a second.
#pragma once

#include <pthread.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

namespace support {

// While one lives, signals make the threads nap, by turns, wherever they are; with a pause between two
// naps. (Without one, a thread may get no further in a sleep of its own than its interruptions.)
class stalls {
 public:
  explicit stalls(std::vector<pthread_t> threads, std::chrono::microseconds pause = {})
      : threads_{std::move(threads)}, pause_{pause} {
    struct sigaction action {};
    action.sa_handler = &nap;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, nullptr);
    staller_ = std::thread{[this] { run(); }};
  }
  stalls(const stalls&) = delete;
  ~stalls() {
    ended_ = true;
    staller_.join();  // the handler stays, for signals that are still on their way
  }

 private:
  static void nap(int) {
    const int error = errno;
    const timespec time{0, 50'000};
    ::nanosleep(&time, nullptr);
    errno = error;
  }
  void run() {
    for (std::size_t i = 0; !ended_; ++i) {
      ::pthread_kill(threads_[i % threads_.size()], SIGUSR1);
      std::this_thread::sleep_for(pause_ + std::chrono::microseconds{i * 7919 % 97});
    }
  }

  const std::vector<pthread_t> threads_;
  const std::chrono::microseconds pause_;
  std::atomic<bool> ended_{false};
  std::thread staller_;
};

}  // namespace support
