// go.hpp: starting tasks on the runtime of the caller.
//
// go(f) starts a detached task. spawn(f) starts one whose result is wanted: its handle joins.
// Nothing waits for a detached task at the end of main.
//
// Ordering: what X does before go(f) or spawn(f) is visible to f (MM-6); what f did is visible
// after join(). The end of a detached task synchronises with nothing (MM-7).
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "contract.hpp"
#include "detail/config.hpp"
#include "detail/payload.hpp"
#include "fwd.hpp"
#include "latch.hpp"
#include "outcome.hpp"
#include "runtime/any.hpp"
#include "runtime/task_list.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

class task_maker;

// Gives the exception in flight to the owner of the task, or to the contract handler.
LOCKSTEP_COLD inline void task_failed(task_owner* owner, site where) noexcept {
  if (owner != nullptr) return owner->task_failed(std::current_exception());
  violated("an exception left a detached task", nullptr, where);
}

// A closure that runs f as a detached task.
template <class F>
class detached_closure final : public task_closure {
 public:
  template <class G>
  detached_closure(G&& f, site where) : f_(std::forward<G>(f)), where_{where} {}
  void run() noexcept override {
    LOCKSTEP_TRY { static_cast<void>(f_()); }
    LOCKSTEP_CATCH_ALL {
      if (!info.given_up) task_failed(info.owner, where_);
    }
  }

 private:
  F f_;
  site where_;
};

// Names a task that is about to start; it belongs to whatever the one that starts it belongs to.
template <class R>
task_closure* introduced(task_closure* closure, const char* name) noexcept {
  closure->info.rename(name);
  if (const task_info* self = R::self(); self != nullptr) {
    closure->info.owner = self->owner;
    closure->info.instance = self->instance;
  }
  if constexpr (observed_runtime<R>) {
    if (R::observed()) [[unlikely]]
      known_tasks.add(closure->info);
  }
  return closure;
}

}  // namespace detail

// Starts f() as a detached task. An exception that leaves it fails the plan instance that owns the
// task, else goes to the contract handler. Throws error{unavailable} if no task can be started.
// The name is for reports; it is cut after 47 bytes.
template <class R = any_runtime, class F>
  requires std::is_invocable_v<std::decay_t<F>&>
void go(const char* name, F&& f, site where = site::current()) {
  auto* const closure = new detail::detached_closure<std::decay_t<F>>(std::forward<F>(f), where);
  R::spawn(detail::introduced<R>(closure, name), nullptr);
}
template <class R = any_runtime, class F>
  requires std::is_invocable_v<std::decay_t<F>&>
void go(F&& f, site where = site::current()) {
  go<R>("", std::forward<F>(f), where);
}

// Handle of a task that returns a result. Joins when destroyed.
template <class Result, class R = any_runtime>
class [[nodiscard]] task {
 public:
  task(task&& o) noexcept : shared_{std::exchange(o.shared_, nullptr)} {}
  task& operator=(task&& o) noexcept {
    std::swap(shared_, o.shared_);
    return *this;
  }
  // Waits for the task to end; its result, or exception, is dropped.
  ~task() {
    if (shared_ == nullptr) return;
    const detail::shield<R> to_the_end;
    shared_->ended.wait();
    delete shared_;
  }

  // Waits for the task to end, then returns its result or rethrows its exception. Once.
  Result join(site where = site::current()) {
    detail::expects(shared_ != nullptr, "a task is joined twice", this, where);
    shared_->ended.wait(where);
    const task self{std::exchange(shared_, nullptr)};
#if LOCKSTEP_EXCEPTIONS
    if (self.shared_->failure) std::rethrow_exception(self.shared_->failure);
#endif
    return *std::move(self.shared_->result);
  }
  [[nodiscard]] bool joinable() const noexcept { return shared_ != nullptr; }
  // Whether the task has ended, so that join() would not wait. Requires joinable().
  [[nodiscard]] bool done() const noexcept { return shared_->ended.try_wait(); }

 private:
  friend class detail::task_maker;

  struct shared_state {
    basic_latch<R> ended{1};
    outcome<Result> result{status::would_block};
    std::exception_ptr failure;
  };

  template <class F>
  class closure final : public detail::task_closure {
   public:
    template <class G>
    closure(G&& f, shared_state* s) : end_{s}, f_(std::forward<G>(f)) {}
    void run() noexcept override {
      LOCKSTEP_TRY {
        if constexpr (std::is_void_v<Result>) {
          f_();
          end_.shared->result.emplace();
        } else {
          end_.shared->result.emplace(f_());
        }
      }
      LOCKSTEP_CATCH_ALL { end_.shared->failure = std::current_exception(); }
    }

   private:
    struct signal_end {
      shared_state* shared;
      ~signal_end() { shared->ended.count_down(); }
    };
    signal_end end_;  // destroyed after f_: joining waits for the captures too
    F f_;
  };

  explicit task(shared_state* s) noexcept : shared_{s} {}

  shared_state* shared_;
};

namespace detail {

class task_maker {
 public:
  // Starts f() by start(closure) and returns its handle.
  template <class R, class F, class Start>
  static auto make(const char* name, F&& f, Start start) {
    using body = std::decay_t<F>;
    using handle = task<std::invoke_result_t<body&>, R>;
    box<typename handle::shared_state> state{std::in_place};
    auto* const closure = new typename handle::template closure<body>(std::forward<F>(f), &*state);
    handle started{state.release()};
    start(introduced<R>(closure, name));
    return started;
  }
};

}  // namespace detail

// Starts f() as a task and returns its handle. Throws error{unavailable} if none can be started.
template <class R = any_runtime, class F>
[[nodiscard]] auto spawn(const char* name, F&& f) {
  return detail::task_maker::make<R>(name, std::forward<F>(f),
                                     [](detail::task_closure* c) { R::spawn(c, nullptr); });
}
template <class R = any_runtime, class F>
  requires std::is_invocable_v<std::decay_t<F>&>
[[nodiscard]] auto spawn(F&& f) {
  return spawn<R>("", std::forward<F>(f));
}

}  // namespace lockstep::inline LOCKSTEP_ABI
