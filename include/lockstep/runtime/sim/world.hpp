// world.hpp: simulated tasks from the outside: a world of them, and how it went.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "../../clock.hpp"
#include "../../contract.hpp"
#include "../../detail/config.hpp"
#include "../../go.hpp"
#include "../../outcome.hpp"
#include "../../watch.hpp"
#include "../observer.hpp"
#include "sim_report.hpp"
#include "sim_runtime.hpp"
#include "simulation.hpp"

namespace lockstep::inline LOCKSTEP_ABI::sim {

// Of a world at rest.
struct summary {
  sim::verdict verdict = verdict::passed;
  std::uint64_t tasks = 0;  // that were started
  std::uint64_t left = 0;   // that have not ended
  std::uint64_t steps = 0;  // operations that were scheduled
  std::uint64_t switches = 0;
  duration elapsed{};        // by the world's clock
  std::uint64_t digest = 0;  // of every decision: equal for equal runs
};

// A simulation that did not pass. what() is its report.
class failure : public std::runtime_error {
 public:
  failure(const sim::summary& s, const std::string& report)
      : std::runtime_error{report}, summary_{s} {}
  [[nodiscard]] const sim::summary& summary() const noexcept { return summary_; }

 private:
  sim::summary summary_;
};

// Tasks, their order, and their time. Belongs to the thread that made it; a thread has one at a time.
// What its tasks use has to outlive it.
class world {
 public:
  explicit world(const options& o = {}) : simulation_{o, lockstep::detail::sim_ops} {}
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  // Tasks that have not ended are given up: what they wait in throws an exception that is no
  // std::exception, and they unwind. Contract: not by one of its tasks.
  ~world() = default;

  // As the function of this name, but the task is one of this world.
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  void go(const char* name, F&& f, site where = site::current()) {
    using closure = lockstep::detail::detached_closure<std::decay_t<F>>;
    simulation_.start(
        lockstep::detail::introduced<any_runtime>(new closure(std::forward<F>(f), where), name), 0);
  }
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  void go(F&& f, site where = site::current()) {
    go("", std::forward<F>(f), where);
  }

  // Runs the tasks until all have ended, or none can go on. May be called again.
  summary run() {
    verdict_ = simulation_.run();
    return {.verdict = verdict_,
            .tasks = simulation_.started(),
            .left = simulation_.alive(),
            .steps = simulation_.steps(),
            .switches = simulation_.switches(),
            .elapsed = simulation_.elapsed(),
            .digest = simulation_.digest()};
  }

  // The last run in words: its verdict, and what the tasks that are left wait for, and where.
  [[nodiscard]] std::string report() const {
    return lockstep::detail::sim_report(simulation_, verdict_);
  }

 private:
  // Tasks that wait for each other's locks will do so for ever, whatever the others do.
  void lock_reported(const lock_report& r) noexcept {
    if (r.for_ever() && lockstep::detail::thread_simulation == &simulation_) {
      simulation_.come_to_rest(verdict::stuck);
    }
  }

  const lock_watch locks_{{.report = [this](const lock_report& r) { lock_reported(r); }}};
  const lockstep::detail::hook_scope hooks_{lockstep::detail::hook_checkpoint +
                                            lockstep::detail::hook_observe};
  lockstep::detail::simulation simulation_;
  verdict verdict_ = verdict::passed;
};

// Runs f() as the first task of a world of its own; returns its result, or rethrows its exception,
// when all tasks have ended. Throws failure if that does not come to pass.
template <class F>
  requires std::is_invocable_v<std::decay_t<F>&>
auto run(F&& f, const options& o = {}) {
  using result = std::invoke_result_t<std::decay_t<F>&>;
  outcome<result> returned{status::would_block};
  std::exception_ptr thrown;
  world w{o};
  w.go("main", [&, body = std::decay_t<F>(std::forward<F>(f))]() mutable {
    LOCKSTEP_TRY {
      if constexpr (std::is_void_v<result>) {
        body();
        returned.emplace();
      } else {
        returned.emplace(body());
      }
    }
    LOCKSTEP_CATCH_ALL { thrown = std::current_exception(); }
  });
  const summary s = w.run();
#if LOCKSTEP_EXCEPTIONS
  if (s.verdict != verdict::passed) throw failure{s, w.report()};
  if (thrown) std::rethrow_exception(thrown);
#else
  lockstep::detail::expects(s.verdict == verdict::passed, w.report().c_str(), &w, site{});
#endif
  return *std::move(returned);
}

}  // namespace lockstep::inline LOCKSTEP_ABI::sim
