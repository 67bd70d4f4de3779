// sim_watchdog.hpp: notices a simulated task that blocks, or keeps, the real thread: nothing else can
// run then, and no deadline comes.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "../../clock.hpp"
#include "../../detail/config.hpp"
#include "../observer.hpp"
#include "sim_report.hpp"
#include "simulation.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Watches a simulation from a thread of its own while one lives. Says once on stderr which task has
// not come back to the library for a while. Brings the simulation to rest at a point in time, and ends
// the process, with status 1, a second later: by then it has come to rest, or never will.
class sim_watchdog {
 public:
  sim_watchdog(simulation& s, time_point until) : simulation_{&s}, until_{until} {
    helper_threads.fetch_add(1, std::memory_order_acq_rel);
    thread_ = std::thread{[this] { watch(); }};
  }
  sim_watchdog(const sim_watchdog&) = delete;
  sim_watchdog& operator=(const sim_watchdog&) = delete;
  ~sim_watchdog() {
    {
      const std::lock_guard hold{lock_};
      ended_ = true;
    }
    end_.notify_one();
    thread_.join();
    helper_threads.fetch_sub(1, std::memory_order_acq_rel);
  }

 private:
  using clock = std::chrono::steady_clock;
  static constexpr duration look_every{200'000'000};
  static constexpr duration patience{2'000'000'000};
  static constexpr duration grace{1'000'000'000};

  void watch() {
    std::uint64_t seen = 0;
    auto since = clock::now();
    bool said = false;
    std::unique_lock hold{lock_};
    for (bool over = false;;) {
      const auto next_look = clock::now() + look_every;
      if (end_.wait_until(hold, over ? next_look : std::min(next_look, until_),
                          [this] { return ended_; })) {
        return;
      }
      const auto now = clock::now();
      over = now >= until_;
      if (over) simulation_->end_time();
      const std::uint64_t moved = simulation_->moves();
      if (moved != seen) {
        seen = moved;
        since = now;
        said = false;
      }
      if (!said && now - since >= patience) {
        std::fprintf(stderr, "simulation: %s\n", sim_running_text(*simulation_).c_str());
        said = true;
      }
      if (over && now - until_ >= grace) {
        std::fprintf(stderr, "timeout: the simulation cannot be brought to rest; %s\n",
                     sim_running_text(*simulation_).c_str());
        std::fflush(stdout);
        std::_Exit(1);
      }
    }
  }

  simulation* simulation_;
  time_point until_;
  std::mutex lock_;
  std::condition_variable end_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
