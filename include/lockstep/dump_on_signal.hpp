// dump_on_signal.hpp: a signal that makes the process say what all its tasks are doing.
//
//   const lockstep::dump_on_signal dumps{SIGQUIT};   // Ctrl-\, or kill -QUIT
//
// The handler writes one byte to a pipe, which is all that a handler may do; a thread of this object
// reads it and dumps to stderr. Several may live, and end in reverse order: the newest does it. The
// handler that was there before comes back at the end.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "detail/config.hpp"
#include "detail/place_text.hpp"
#include "dump.hpp"
#include "error.hpp"
#include "runtime/observer.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// What happens after a dump.
enum class after_dump { go_on, abort };

class [[nodiscard]] dump_on_signal {
 public:
  // introduction() is what a dump begins with; called by another thread. Throws error{unavailable} if the system has no pipe to give.
  explicit dump_on_signal(int signal = SIGQUIT, after_dump then = after_dump::go_on,
                          std::function<std::string()> introduction = nullptr)
      : signal_{signal}, then_{then}, introduction_{std::move(introduction)} {
    if (::pipe2(pipe_, O_CLOEXEC) != 0) {
      detail::raise(status::unavailable, "the system cannot make another pipe");
    }
    detail::keep_frames();
    detail::helper_threads.fetch_add(1, std::memory_order_acq_rel);
    thread_ = std::thread{[this] { serve(); }};
    newer_ = write_end.exchange(pipe_[1]);
    struct sigaction action {};
    action.sa_handler = &on_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal_, &action, &before_);
  }
  dump_on_signal(const dump_on_signal&) = delete;
  dump_on_signal& operator=(const dump_on_signal&) = delete;
  ~dump_on_signal() {
    ::sigaction(signal_, &before_, nullptr);
    write_end.store(newer_);
    while (handlers_at_work.load() != 0)
      std::this_thread::yield();  // one may have read the old one
    post(pipe_[1], end);
    thread_.join();
    detail::helper_threads.fetch_sub(1, std::memory_order_acq_rel);
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }

 private:
  static constexpr char dump = 'd';
  static constexpr char end = 'e';

  // Where the handler writes.
  static inline constinit std::atomic<int> write_end{-1};
  static inline constinit std::atomic<int> handlers_at_work{0};

  static void post(int to, char what) noexcept {
    while (::write(to, &what, 1) < 0 && errno == EINTR) {
    }
  }
  static void on_signal(int) noexcept {
    const int saved = errno;
    handlers_at_work.fetch_add(1);
    post(write_end.load(), dump);
    handlers_at_work.fetch_sub(1);
    errno = saved;
  }

  void serve() const {
    for (char what = dump;;) {
      const auto n = ::read(pipe_[0], &what, 1);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0 || what == end) return;
      std::ostringstream text;  // in one piece, whoever else writes
      if (introduction_) text << introduction_();
      lockstep::dump(text);
      std::fputs(text.str().c_str(), stderr);
      if (then_ == after_dump::abort) std::abort();
    }
  }

  int signal_;
  after_dump then_;
  std::function<std::string()> introduction_;
  int pipe_[2] = {-1, -1};
  int newer_ = -1;
  struct sigaction before_ {};
  detail::hook_scope observed_{detail::hook_observe};
  std::thread thread_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI
