// sim_runtime.hpp: the runtime of simulated tasks, by its type and as a table.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include "../../clock.hpp"
#include "../../contract.hpp"
#include "../../detail/config.hpp"
#include "../any.hpp"
#include "../concept.hpp"
#include "../task.hpp"
#include "simulation.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// Hooks are those of `any`: they are on while a simulation runs.
struct sim_runtime : any_runtime {
  // Eight bytes: idle, posted, or the task that waits. All in one simulation.
  class parker {
   public:
    void park() { detail::sim_take(word_, never); }
    bool park_until(time_point deadline) { return detail::sim_take(word_, deadline); }
    void unpark() noexcept { detail::sim_post(word_); }

   private:
    std::atomic<std::uintptr_t> word_{detail::sim_idle};
  };

  static time_point now() noexcept { return here().now(); }
  static std::chrono::system_clock::time_point system_now() noexcept {
    constexpr std::chrono::sys_days begin{std::chrono::year{2000} / 1 / 1};
    return begin + std::chrono::duration_cast<std::chrono::system_clock::duration>(here().date());
  }
  static std::uint64_t random() noexcept { return here().random(); }
  static void yield() { here().yield(); }

  // The current task; null outside.
  static detail::task_info* self() noexcept {
    const detail::sim_task* const t = here().current();
    return t != nullptr && t->code != nullptr ? &t->code->info : nullptr;
  }

  // Starts a task of the current simulation. Throws error{unavailable} when there is no memory for
  // it; the closure is deleted.
  static void spawn(detail::task_closure* closure, const detail::task_options* options) {
    here().start(closure, options != nullptr ? options->stack_bytes : 0);
  }

  // Tasks that are given up are interrupted, unless one of these lives.
  class shield {
   public:
    shield() noexcept { count(1); }
    shield(const shield&) = delete;
    ~shield() { count(-1); }

    static void count(int by) noexcept {
      if (detail::sim_task* const t = here().current()) t->shields += static_cast<unsigned>(by);
    }
  };

 private:
  static detail::simulation& here() noexcept {
    detail::simulation* const s = detail::thread_simulation;
    detail::expects(s != nullptr, "a simulated operation outside of a simulation", nullptr, site{});
    return *s;
  }
};

static_assert(spawning_runtime<sim_runtime>);

namespace detail {

inline constexpr runtime_ops sim_ops{
    .name = "sim",
    .park = [](any_parker& p) { sim_take(p.word, never); },
    .park_until = [](any_parker& p, time_point at) { return sim_take(p.word, at); },
    .unpark = [](any_parker& p) noexcept { sim_post(p.word); },
    .now = &sim_runtime::now,
    .random = &sim_runtime::random,
    .yield = &sim_runtime::yield,
    .self = &sim_runtime::self,
    .spawn = &sim_runtime::spawn,
    .checkpoint = [](const visible_op& op) { thread_simulation->point(op); },
    .shield = [](void*, bool up) noexcept { sim_runtime::shield::count(up ? 1 : -1); },
    .forget = [](const void* object) noexcept { thread_simulation->forget(object); },
    .system_now = []() noexcept { return sim_runtime::system_now(); },
};

}  // namespace detail

namespace sim {

// Gives the calling task, and those that it starts from now on, a clock of their own, which counts on
// from what theirs showed until now. Deadlines that are waited for stay where they are. Contract: inside
// a simulated task.
inline void set_clock(clock_error e) {
  detail::simulation* const s = detail::thread_simulation;
  detail::expects(s != nullptr, "a simulated operation outside of a simulation", nullptr, site{});
  s->set_clock(std::move(e));
}

}  // namespace sim

}  // namespace lockstep::inline LOCKSTEP_ABI
