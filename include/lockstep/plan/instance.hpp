// instance.hpp: one instance of a plan.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../coord/client.hpp"
#include "../coord/scope.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../runtime/task.hpp"
#include "../runtime/task_list.hpp"
#include "output.hpp"
#include "run_env.hpp"
#include "run_options.hpp"

namespace lockstep::inline LOCKSTEP_ABI::plan {

// Owns the tasks it starts. Never destroyed, nor moved: such a task may be left behind.
class instance final : public detail::task_owner {
 public:
  // What the instances of a run have in common.
  struct run {
    plan_function body;
    output& out;
    parameters_read& read;
    lockstep::context context;
    std::function<void(instance&)> finished;                    // by the instance's task
    std::function<void(instance&, const std::string&)> failed;  // by any; once
  };

  instance(const run& r, coord::scope in) : run_{&r}, scope_{std::move(in)} {}
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  // The task that it runs in, once.
  [[nodiscard]] detail::task_closure* make_task() noexcept { return ::new (task_) task{*this}; }

  void task_failed(std::exception_ptr failure) noexcept override {
    std::string why = "an exception that is no std::exception";
    try {
      std::rethrow_exception(std::move(failure));
    } catch (const error& e) {
      // A task that was left behind when the instance ended has lost its session by that.
      if (e.status() == status::session_lost && is_over_.load(std::memory_order_acquire)) return;
      why = e.what();
    } catch (const std::exception& e) {
      why = e.what();
    } catch (...) {
    }
    if (!failed_.exchange(true, std::memory_order_acq_rel)) run_->failed(*this, why);
  }

  [[nodiscard]] std::uint64_t index() const noexcept { return scope_.self; }
  [[nodiscard]] bool has_failed() const noexcept { return failed_.load(std::memory_order_acquire); }

 private:
  // Lies within the instance, so that all that a switch to it needs is near.
  class task final : public detail::task_closure {
   public:
    explicit task(instance& i) noexcept : instance_{&i} {
      info.owner = &i;
      info.instance = i.index();
      info.rename(("instance " + std::to_string(i.index())).c_str());
      detail::known_tasks.add(info);
    }
    void run() noexcept override { instance_->execute(); }
    static void operator delete(void*) noexcept {}

   private:
    instance* instance_;
  };

  void execute() noexcept {
    try {
      run_env env{run_->out, run_->read, index(), run_->context};
      client sync{std::shared_ptr<coord::scope>{std::shared_ptr<void>{}, &scope_}};
      run_->out.started(index());
      run_->body(env, sync);
    } catch (...) {
      task_failed(std::current_exception());
    }
    is_over_.store(true, std::memory_order_release);
    scope_.session.close();  // what it still holds goes to the others
    run_->finished(*this);
  }

  const run* run_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> is_over_{false};
  coord::scope scope_;
  alignas(task) std::byte task_[sizeof(task)];
};

}  // namespace lockstep::inline LOCKSTEP_ABI::plan
