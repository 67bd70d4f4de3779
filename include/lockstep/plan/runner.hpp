// runner.hpp: runs a plan as a number of instances and says how it went.
#pragma once

#include <atomic>
#include <cinttypes>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../backend/local.hpp"
#include "../context.hpp"
#include "../coord/client.hpp"
#include "../coord/progress_text.hpp"
#include "../coord/scheme.hpp"
#include "../coord/scope.hpp"
#include "../detail/config.hpp"
#include "../detail/huge_pages.hpp"
#include "../detail/memory.hpp"
#include "../detail/splitmix.hpp"
#include "../detail/wait_report.hpp"
#include "../detail/wait_report_text.hpp"
#include "../dump_on_signal.hpp"
#include "../error.hpp"
#include "../go.hpp"
#include "../latch.hpp"
#include "../runtime/any.hpp"
#include "../runtime/observer.hpp"
#include "../runtime/registry.hpp"
#include "../runtime/task_list.hpp"
#include "../runtime/threads.hpp"
#include "../watch.hpp"
#include "closed_world.hpp"
#include "instance.hpp"
#include "output.hpp"
#include "report_json.hpp"
#include "run_env.hpp"
#include "run_options.hpp"

namespace lockstep::inline LOCKSTEP_ABI::plan {

class runner {
 public:
  // Runs to the end and returns the exit status: 0 only if every instance succeeded. Ends the
  // process instead, with status 1, if instances cannot be brought to an end.
  static int run(run_options options) {
    if (!options.check) return run_once(std::move(options));
    std::vector<std::uint64_t> steps;
    options.record = &steps;
    const int exit_status = run_once(options);
    options.record = nullptr;
    options.compare = &steps;
    options.silent = true;
    options.collect.clear();
    options.trace.clear();
    return run_once(std::move(options)) == exit_status ? exit_status : 1;
  }

  explicit runner(run_options options)
      : options_{std::move(options)},
        host_{detail::runtime_named(options_.runtime)
                  ->host({.seed = options_.seed.value_or(0),
                          .stack_bytes = options_.stack_bytes,
                          .most_steps = options_.most_steps,
                          .record = options_.record,
                          .compare = options_.compare,
                          .trace = options_.trace,
                          .clock_offset = options_.clock_offset,
                          .clock_drift_ppm = options_.clock_drift_ppm})},
        out_{info(), options_.collect, [host = host_.get()] { return host->now(); },
             options_.silent},
        backend_{open_backend()},
        ended_{static_cast<std::ptrdiff_t>(options_.instances)} {}

 private:
  static int run_once(run_options options) {
    // Tasks that instances leave behind may still refer to the run: it is never destroyed.
    static auto& runs = *new std::vector<std::unique_ptr<runner>>;
    static std::mutex lock;
    runner* self = nullptr;
    {
      const std::lock_guard hold{lock};
      self = runs.emplace_back(std::make_unique<runner>(std::move(options))).get();
    }
    return self->execute();
  }

  static constexpr duration look_every{20'000'000};
  static constexpr duration grace{1'000'000'000};

  // What a simulation is given is the same in every run with the same seed.
  [[nodiscard]] run_info info() const {
    std::uint64_t id = detail::mixed(options_.seed.value_or(0));
    std::uint64_t seed = options_.seed.value_or(0);
    if (!host_->runs_tasks()) {
      std::random_device entropy;
      id = std::uint64_t{entropy()} << 32U | entropy();
      if (!options_.seed.has_value()) seed = threads_runtime::random();
    }
    char text[16];
    std::snprintf(text, sizeof text, "%012" PRIx64, id >> 16U);
    return {.run_id = text,
            .test_case = options_.test_case,
            .instances = options_.instances,
            .seed = seed,
            .parameters = options_.parameters};
  }

  // A local run without a name has a world of its own, which ends with it.
  std::shared_ptr<coord::backend> open_backend() {
    if (options_.backend != "local:") return coord::open(options_.backend);
    own_world_ = std::make_shared<coord::local_world>();
    return own_world_;
  }

  int execute() {
    const auto began = threads_runtime::now();
    int exit_status = 1;
    LOCKSTEP_TRY { exit_status = execute_watched(); }
    LOCKSTEP_CATCH_ALL {
      if (host_->runs_tasks()) host_.reset();
      LOCKSTEP_RETHROW;
    }
    if (host_->runs_tasks()) {
      host_.reset();  // another run may simulate
      // Not to standard output, which is the same in every run.
      const auto took = detail::duration_text(threads_runtime::now() - began);
      std::fprintf(stderr,
                   options_.silent ? "checked in %s\n" : "simulated in %s, with %s of memory\n",
                   took.c_str(), detail::bytes_text(detail::peak_memory()).c_str());
    }
    return exit_status;
  }
  int execute_watched() {
    const lock_watch locks{{.report = [this](const lock_report& r) { lock_reported(r); }}};
    const dump_on_signal dumps{SIGQUIT, after_dump::go_on, [this] { return host_->progress(); }};
    std::optional<detail::stacks_scope> stacks;
    if (options_.stacks) stacks.emplace();
    start();
    const std::string reason = watch();
    if (host_->diverged()) out_.speak();
    const int exit_status = reason.empty() ? summarize("") : abort(reason);
    host_->give_up();  // what was left behind, while it can still be asked about
    return exit_status;
  }

  void start() {
    host_->expect(options_.instances);
    if (!options_.report.empty()) {
      report_file_.open(options_.report, std::ios::binary);
      if (!report_file_) {
        detail::raise(status::unavailable, "cannot write a report to '" + options_.report + "'");
      }
    }
    instances_.make_room(options_.instances);
    for (std::uint64_t i = 0; i < options_.instances; ++i) {
      instance& one = instances_.emplace_back(
          shared_, coord::scope{backend_, out_.info().run_id, i, options_.instances});
      try {
        host_->start(one.make_task());
      } catch (...) {
        one.task_failed(std::current_exception());
        finished(one);
      }
    }
  }

  // Said in the run's output, and kept with the instance that acted.
  void lock_reported(const lock_report& report) {
    out_.note(report.text());
    if (report.for_ever()) host_->halt();
    const auto* const self = any_runtime::self();
    if (self != nullptr && self->instance < options_.instances) {
      out_.warned(self->instance, report.text());
    }
  }

  // An instance, or a task it started, has failed for the first time.
  void failed(const instance& one, const std::string& why) {
    if (giving_up_.load(std::memory_order_acquire)) return;
    out_.failed(one.index(), why);
    out_.note("instance " + std::to_string(one.index()) + " failed: " + why);
  }

  void finished(const instance& one) {
    if (!one.has_failed()) out_.succeeded(one.index());
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) host_->stop();
    ended_.count_down();
  }

  // Waits for the end; returns why the run has to be given up, or nothing.
  std::string watch() {
    const time_point deadline = detail::deadline_after(threads_runtime::now(), options_.timeout);
    if (host_->runs_tasks()) {
      std::string why = host_->run(deadline);
      if (unfinished_.load(std::memory_order_acquire) != 0 || host_->diverged()) return why;
      if (!why.empty()) report("note: left behind: " + why);
      return "";
    }
    closed_world world;
    while (ended_.try_wait_for(look_every) != status::ok) {
      output::show();
      if (world.stuck(unfinished_.load(std::memory_order_acquire))) {
        return "deadlock: every task waits, and nothing can wake one";
      }
      if (threads_runtime::now() < deadline) continue;
      std::string why =
          "timeout: the run has not ended after " + coord::duration_text(options_.timeout);
      if (world.unknown_threads() > 0) {
        why += "; all instances are blocked, but the process has " +
               std::to_string(world.unknown_threads()) + " other thread(s) that might wake them";
      } else if (const auto busy = busy_instances(); busy > 0) {
        why += "; " + std::to_string(busy) + " instance(s) do not wait in the library";
      }
      return why;
    }
    return "";
  }

  // Instances that are not blocked for ever in an operation of the library.
  [[nodiscard]] std::int64_t busy_instances() const {
    return static_cast<std::int64_t>(unfinished_.load(std::memory_order_acquire)) -
           detail::observed_waits.blocked_for_ever();
  }

  // Reports, then ends what can be ended: waits of clients of this run, and for its context.
  int abort(const std::string& reason) {
    giving_up_.store(true, std::memory_order_release);
    const std::uint64_t left = unfinished_.load(std::memory_order_acquire);
    report(reason);
    scope_.cancel();
    if (own_world_ != nullptr) own_world_->end();
    const bool over = wind_down();
    const int exit_status = summarize(std::to_string(left) + " did not finish (" +
                                      reason.substr(0, reason.find(':')) + ")");
    if (over) return exit_status;
    // Threads that are still blocked use what main is about to destroy.
    out_.flush();
    std::fflush(stdout);  // and not stdin, which an instance may be reading from
    std::_Exit(exit_status);
  }

  // Says what the tasks wait for.
  void report(const std::string& reason) {
    detail::wait_report waits;
    host_->runs_tasks() ? host_->left(waits) : static_cast<void>(waits = detail::report_of_waits());
    out_.note(reason + "\n" + detail::wait_report_text(waits));
    write_report(reason, waits);
  }
  void write_report(const std::string& reason, const detail::wait_report& waits) {
    if (!report_file_.is_open()) return;
    write_report_json(report_file_, reason, host_->summary(), waits);
    report_file_.close();
    if (!report_file_) {
      std::fprintf(stderr, "the report in '%s' is not complete\n", options_.report.c_str());
    }
  }

  // Whether all instances have ended, within the grace that they have for it.
  bool wind_down() {
    if (!host_->runs_tasks()) return ended_.try_wait_for(grace) == status::ok;
    host_->run(threads_runtime::now() + grace);
    host_->give_up();
    return ended_.try_wait();
  }

  // Says how it went, in one line. given_up: what is to be said of instances that did not end.
  int summarize(const std::string& given_up) {
    out_.flush();
    write_report("", {});  // unless there is one
    std::vector<coord::participant> failed;
    for (const instance& one : instances_) {
      if (one.has_failed()) failed.push_back(one.index());
    }
    std::string text = options_.test_case + ": " + std::to_string(options_.instances) +
                       (options_.instances == 1 ? " instance, " : " instances, ");
    const bool good = failed.empty() && given_up.empty();
    if (good) {
      text += "all succeeded";
    } else if (!given_up.empty()) {
      text += given_up;
    } else {
      text += std::to_string(failed.size()) + " failed (" + coord::instances_text(failed) + ")";
    }
    text += ", in " + coord::duration_text(out_.elapsed()) + " (" + options_.runtime + ", " +
            options_.backend + ")";
    if (host_->runs_tasks()) text += "; " + host_->summary();
    for (const auto& [name, value] : options_.parameters) {
      if (!read_.contains(name)) text += "\nnote: no instance asked for parameter '" + name + "'";
    }
    out_.note(text);
    return good ? 0 : 1;
  }

  run_options options_;
  std::unique_ptr<detail::task_host> host_;  // with the run, for the tasks that it leaves behind
  output out_;
  parameters_read read_{options_.parameters};
  std::ofstream report_file_;
  cancel_scope scope_;
  std::shared_ptr<coord::local_world> own_world_;
  std::shared_ptr<coord::backend> backend_;
  threads::latch ended_;
  std::atomic<std::uint64_t> unfinished_{options_.instances};
  std::atomic<bool> giving_up_{false};
  const instance::run shared_{options_.body,
                              out_,
                              read_,
                              scope_.context(),
                              [this](instance& one) { finished(one); },
                              [this](instance& one, const std::string& why) { failed(one, why); }};
  detail::huge_array<instance> instances_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::plan
