// scheduler.hpp: the workers of a pool and their threads, from start to shutdown.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "../../clock.hpp"
#include "../../detail/config.hpp"
#include "../../error.hpp"
#include "../any.hpp"
#include "../futex.hpp"
#include "../observer.hpp"
#include "../short_lock.hpp"
#include "../task.hpp"
#include "commons.hpp"
#include "worker.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class fiber_scheduler : task_source {
 public:
  // Starts the threads. Each has `ops` as its runtime. workers 0: as many as there are processors.
  fiber_scheduler(unsigned workers, std::size_t stack_bytes, const runtime_ops& ops)
      : task_source{[](const task_source& s) noexcept {
          return static_cast<const fiber_scheduler&>(s).alive();
        }},
        stacks_{stack_bytes},
        ops_{ops},
        commons_{count(workers) > 1} {
    const unsigned n = count(workers);
    for (unsigned i = 0; i < n; ++i) {
      peers_.push_back(&workers_.emplace_back(commons_, stacks_, peers_, n == 1));
    }
    unthreaded_tasks.add(*this);
    helper_threads.fetch_add(n, std::memory_order_acq_rel);
    for (worker& w : workers_) {
      LOCKSTEP_TRY {
        threads_.emplace_back([this, &w] {
          thread_runtime = &ops_;
          w.run([this] { return over(); });
          thread_runtime = nullptr;  // for what the thread's variables do when they are destroyed
        });
      }
      LOCKSTEP_CATCH_ALL {
        end();
        LOCKSTEP_RETHROW;
      }
    }
  }
  fiber_scheduler(const fiber_scheduler&) = delete;
  fiber_scheduler& operator=(const fiber_scheduler&) = delete;
  // Requires that drain() was successful.
  ~fiber_scheduler() { end(); }

  // Starts a fiber for the task, from anywhere. Throws error{unavailable}; the closure is deleted.
  void start(task_closure* code, std::size_t stack_bytes) {
    LOCKSTEP_TRY {
      worker* const w = this_worker();
      if (w != nullptr && &w->home() == &commons_) return w->start(code, stack_bytes);
      start_from_outside(code, stack_bytes);
    }
    LOCKSTEP_CATCH_ALL {
      delete code;
      LOCKSTEP_RETHROW;
    }
  }

  // Fibers that have not ended. While others start some: what was true at one moment of the call if
  // it returns 0, about right else.
  [[nodiscard]] std::uint64_t alive() const noexcept {
    std::uint64_t ended = 0;
    for (const worker& w : workers_) ended += w.ended();
    std::uint64_t started = started_outside_.load(std::memory_order_seq_cst);
    for (const worker& w : workers_) started += w.started();
    return started - ended;
  }

  // Waits for all fibers to end, and takes no more from outside. False: some had not at the deadline;
  // may be called again.
  bool drain(time_point deadline) noexcept {
    auto running = phase::running;
    phase_.compare_exchange_strong(running, phase::draining, std::memory_order_seq_cst);
    commons_.wake_all();
    if (phase_.load(std::memory_order_acquire) == phase::over) return true;
    return permit_take(drained_, deadline);
  }

 private:
  enum class phase { running, draining, over };

  static unsigned count(unsigned workers) noexcept {
    if (workers != 0) return workers;
    const unsigned processors = std::thread::hardware_concurrency();
    return processors != 0 ? processors : 1;
  }

  // Counts first and looks at the phase then: either the pool is seen to shut down, or who shuts it
  // down sees one more to wait for. (Sequentially consistent; the other side is drain() and alive().)
  void start_from_outside(task_closure* code, std::size_t stack_bytes) {
    started_outside_.fetch_add(1, std::memory_order_seq_cst);
    LOCKSTEP_TRY {
      if (phase_.load(std::memory_order_seq_cst) != phase::running) {
        raise(status::unavailable, "the pool is shutting down");
      }
      commons_.inject(worker::make(code, stacks_.at_least(stack_bytes), commons_));
    }
    LOCKSTEP_CATCH_ALL {
      started_outside_.fetch_sub(1, std::memory_order_acq_rel);
      commons_.wake_all();  // a worker may have gone to sleep for this one
      LOCKSTEP_RETHROW;
    }
  }

  // Whether an idle worker is to stop. The first to see that nothing is left tells the others.
  bool over() noexcept {
    if (phase_.load(std::memory_order_acquire) == phase::draining && alive() == 0) {
      auto draining = phase::draining;
      if (phase_.compare_exchange_strong(draining, phase::over, std::memory_order_acq_rel)) {
        commons_.wake_all();
        permit_post(drained_);
      }
    }
    return phase_.load(std::memory_order_acquire) == phase::over;
  }

  void end() noexcept {
    phase_.store(phase::over, std::memory_order_release);
    commons_.wake_all();
    for (std::thread& t : threads_) t.join();
    helper_threads.fetch_sub(static_cast<std::int64_t>(peers_.size()), std::memory_order_acq_rel);
    unthreaded_tasks.remove(*this);
  }

  stack_shelf stacks_;
  const runtime_ops& ops_;
  fiber_commons commons_;
  std::vector<worker*> peers_;
  std::list<worker> workers_;
  std::vector<std::thread> threads_;
  std::atomic<phase> phase_{phase::running};
  std::atomic<std::uint32_t> drained_{permit_idle};
  std::atomic<std::uint64_t> started_outside_{0};
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
