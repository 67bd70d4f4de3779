// sim_host.hpp: the simulator as what instances of a plan run on.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "../detail/duration_text.hpp"
#include "../detail/memory.hpp"
#include "../detail/splitmix.hpp"
#include "../error.hpp"
#include "../runtime/observer.hpp"
#include "../runtime/registry.hpp"
#include "../runtime/sim/sim_report.hpp"
#include "../runtime/sim/sim_runtime.hpp"
#include "../runtime/sim/sim_watchdog.hpp"
#include "../runtime/sim/simulation.hpp"
#include "../runtime/task.hpp"
#include "../sim/trace.hpp"
#include "../sim/trace_svg.hpp"
#include "trace_json.hpp"

namespace lockstep::inline LOCKSTEP_ABI::plan {

class sim_host final : public detail::task_host {
 public:
  explicit sim_host(const detail::host_options& o)
      : trace_path_{o.trace}, clock_offset_{o.clock_offset}, clock_drift_ppm_{o.clock_drift_ppm} {
    sim::options s{.seed = o.seed};
    if (o.stack_bytes != 0) s.stack_bytes = o.stack_bytes;
    if (o.most_steps != 0) s.most_steps = o.most_steps;
    s.record = o.record;
    s.compare = o.compare;
    if (!trace_path_.empty()) {
      trace_file_.open(trace_path_, std::ios::binary);
      if (!trace_file_) {
        detail::raise(status::unavailable, "cannot write the trace to '" + trace_path_ + "'");
      }
      s.observer = &trace_;
    }
    simulation_.emplace(s, detail::sim_ops);
  }

  void start(detail::task_closure* closure) override {
    simulation_->start(closure, 0, clock_of(closure->info.instance));
  }
  void expect(std::uint64_t tasks) override {
    const std::uint64_t available = detail::memory_available();
    const std::uint64_t fit = available / bytes_of_task;
    if (tasks <= fit) return;
    detail::raise(status::unavailable, std::to_string(tasks) + " instances need about " +
                                           detail::bytes_text(tasks * bytes_of_task) +
                                           " of memory, and " + detail::bytes_text(available) +
                                           " are available: enough for about " +
                                           std::to_string(fit));
  }
  [[nodiscard]] time_point now() const noexcept override { return simulation_->true_now(); }

  [[nodiscard]] bool runs_tasks() const noexcept override { return true; }
  std::string run(time_point until) override {
    const sim::verdict v = [&] {
      const detail::sim_watchdog watchdog{*simulation_, until};
      return simulation_->run();
    }();
    if (trace_file_.is_open()) write_trace();  // as it came to rest, before it is ended
    diverged_ = v == sim::verdict::diverged;
    const bool goes_on = v == sim::verdict::stuck && simulation_->has_timers();  // was stopped
    return v == sim::verdict::passed || goes_on ? "" : detail::sim_verdict_text(*simulation_, v);
  }
  void left(detail::wait_report& to) const override { to = detail::sim_left(*simulation_); }
  void stop() override { simulation_->stop_clock(); }
  void halt() override { simulation_->come_to_rest(sim::verdict::stuck); }
  void give_up() override {
    const detail::sim_watchdog watchdog{*simulation_, threads_runtime::now() + grace};
    simulation_->give_up();
  }
  [[nodiscard]] bool diverged() const noexcept override { return diverged_; }
  [[nodiscard]] std::string progress() const override {
    return "simulation: seed " + std::to_string(simulation_->seed()) + ", step " +
           std::to_string(simulation_->steps()) + ", after " +
           detail::duration_text(simulation_->elapsed()) + "\n";
  }
  [[nodiscard]] std::string summary() const override {
    char digest[32];
    std::snprintf(digest, sizeof digest, "%016" PRIx64, simulation_->digest());
    return "seed " + std::to_string(simulation_->seed()) + ", " +
           std::to_string(simulation_->steps()) + " steps, " +
           std::to_string(simulation_->switches()) + " switches, digest " + digest;
  }

 private:
  static constexpr duration grace{2'000'000'000};
  static constexpr std::uint64_t bytes_of_task =
      4'800;  // one page of its stack, and what is known of it

  // An instance's own clock, drawn for it whatever the others do; null: it is right.
  const detail::sim_clock* clock_of(std::uint64_t instance) {
    if (clock_offset_ == duration::zero() && clock_drift_ppm_ == 0) return nullptr;
    detail::splitmix draw{detail::mixed(simulation_->seed() ^ detail::mixed(instance))};
    const auto within = [&](std::int64_t most) {
      return static_cast<std::int64_t>(draw() % (2 * static_cast<std::uint64_t>(most) + 1)) - most;
    };
    const duration offset{within(clock_offset_.count())};
    return simulation_->add_clock({.offset = offset, .rate_ppm = within(clock_drift_ppm_)},
                                  nullptr);
  }

  void write_trace() {
    trace_.finish();
    trace_path_.ends_with(".svg") ? sim::trace_svg::write(trace_file_, trace_)
                                  : write_trace_json(trace_file_, trace_);
    trace_file_.close();
    if (!trace_file_) {
      std::fprintf(stderr, "the trace in '%s' is not complete\n", trace_path_.c_str());
    } else if (trace_.dropped() > 0) {
      std::fprintf(stderr,
                   "the trace holds the first %zu things that happened, and leaves out %" PRIu64
                   "\n",
                   trace_.stretches().size(), trace_.dropped());
    }
  }

  const detail::hook_scope hooks_{detail::hook_checkpoint + detail::hook_observe};
  std::string trace_path_;
  duration clock_offset_;
  std::int64_t clock_drift_ppm_;
  std::ofstream trace_file_;
  sim::trace trace_;
  std::optional<detail::simulation> simulation_;
  bool diverged_ = false;
};

inline constinit detail::named_runtime sim_by_name{"sim", &detail::make_host<sim_host>};
inline const detail::runtime_registration sim_registered{sim_by_name};

}  // namespace lockstep::inline LOCKSTEP_ABI::plan
