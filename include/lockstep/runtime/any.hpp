// any.hpp: the default runtime: whatever the calling thread is running.
//
// Objects on `any` serve threads, fibers, coroutines and simulated tasks at once: each wait goes
// to the runtime of its own task, through a table that the parker keeps. The cost is one indirect
// call on the blocking path; a visible operation adds one relaxed load and one branch that is not
// taken (the hooks word).
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "concept.hpp"
#include "lock_events.hpp"
#include "observer.hpp"
#include "short_lock.hpp"
#include "task.hpp"
#include "threads.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

class any_parker;

// A runtime as a table, for those who meet it at run time. Tables are static and never destroyed.
struct runtime_ops {
  const char* name;
  void (*park)(any_parker&);
  bool (*park_until)(any_parker&, time_point deadline);
  void (*unpark)(any_parker&) noexcept;
  time_point (*now)() noexcept;
  std::uint64_t (*random)() noexcept;
  void (*yield)();
  task_info* (*self)() noexcept;
  void (*spawn)(task_closure*, const task_options*);
  void (*checkpoint)(const visible_op&);  // null: nothing to decide before an operation
  // Optional, as the parker's (see concept.hpp).
  void (*park_releasing)(any_parker&, short_lock&) = nullptr;
  // Puts up a shield (see concept.hpp), which keeps its state in *place, or takes it down.
  // Null: tasks are never interrupted.
  void (*shield)(void* place, bool up) noexcept = nullptr;
  // An object that was announced at checkpoints is no more; its address may come back as another's.
  void (*forget)(const void* object) noexcept = nullptr;
  // Null: that of the system.
  std::chrono::system_clock::time_point (*system_now)() noexcept = nullptr;
  // Nobody knows how many tasks there are: that one waits for ever says nothing of the process.
  bool countless = false;
};

// The table of the runtime whose task this thread runs; null stands for threads.
LOCKSTEP_TLS const runtime_ops* thread_runtime = nullptr;

// A parker that remembers whose it is: a word for the runtime's use, and the table.
class any_parker {
 public:
  any_parker() noexcept;
  void park() { home_->park(*this); }
  bool park_until(time_point deadline) { return home_->park_until(*this, deadline); }
  void unpark() noexcept { home_->unpark(*this); }
  void park_releasing(short_lock& held) {
    if (home_->park_releasing != nullptr) return home_->park_releasing(*this, held);
    held.unlock();
    park();
  }
  [[nodiscard]] bool interruptible() const noexcept { return home_->shield != nullptr; }

  std::atomic<std::uintptr_t> word{0};

 private:
  const runtime_ops* home_;
};

inline constexpr runtime_ops threads_ops{
    .name = "threads",
    .park = [](any_parker& p) { permit_take(p.word, never); },
    .park_until = [](any_parker& p, time_point at) { return permit_take(p.word, at); },
    .unpark = [](any_parker& p) noexcept { permit_post(p.word); },
    .now = &threads_runtime::now,
    .random = &threads_runtime::random,
    .yield = [] { threads_runtime::yield(); },
    .self = &threads_runtime::self,
    .spawn = &threads_runtime::spawn,
    .checkpoint = nullptr,
};

// Returns the value, from out of line: after a task moved to another thread, an inlined access may
// still read the old thread's variable.
LOCKSTEP_ASKS_THREAD inline const runtime_ops* current_runtime() noexcept {
  const runtime_ops* ops = thread_runtime;
  return ops != nullptr ? ops : &threads_ops;
}

inline any_parker::any_parker() noexcept : home_{current_runtime()} {}

// While one lives, the thread that made it has this runtime, for objects on `any`.
class [[nodiscard]] runtime_attachment {
 public:
  explicit runtime_attachment(const runtime_ops& ops) noexcept
      : before_{std::exchange(thread_runtime, &ops)} {}
  runtime_attachment(const runtime_attachment&) = delete;
  runtime_attachment& operator=(const runtime_attachment&) = delete;
  ~runtime_attachment() { thread_runtime = before_; }

 private:
  const runtime_ops* before_;
};

LOCKSTEP_COLD inline void checkpoint_hooked(const visible_op& op) {
  if (!hook_is_on(hook_checkpoint)) return;
  const runtime_ops* ops = current_runtime();
  if (ops->checkpoint != nullptr) ops->checkpoint(op);
}

LOCKSTEP_COLD inline void forget_hooked(const void* object) noexcept {
  if (hook_is_on(hook_checkpoint)) {
    const runtime_ops* ops = current_runtime();
    if (ops->forget != nullptr) ops->forget(object);
  }
  if (hook_is_on(hook_locks)) {
    // Acquire: pairs with the watcher's installing its table.
    const lock_watcher* w = installed_lock_watcher.load(std::memory_order_acquire);
    if (w != nullptr) w->destroyed(object);
  }
}

// Lets messages about broken contracts name the task.
inline const bool task_names_are_known = [] {
  task_name_source.store(
      +[]() noexcept -> const char* {
        const task_info* self = current_runtime()->self();
        return self != nullptr ? self->name : "";
      },
      std::memory_order_release);
  return true;
}();

}  // namespace detail

struct any_runtime {
  using parker = detail::any_parker;
  using short_lock = detail::short_lock;
  template <class T>
  using atomic = std::atomic<T>;

  static time_point now() noexcept { return detail::current_runtime()->now(); }
  static void yield() { detail::current_runtime()->yield(); }
  static std::uint64_t random() noexcept { return detail::current_runtime()->random(); }
  static detail::task_info* self() noexcept { return detail::current_runtime()->self(); }
  static void spawn(detail::task_closure* closure, const detail::task_options* options) {
    detail::current_runtime()->spawn(closure, options);
  }

  class shield {
   public:
    shield() noexcept : put_up_{detail::current_runtime()->shield} {
      if (put_up_ != nullptr) put_up_(&place_, true);
    }
    shield(const shield&) = delete;
    ~shield() {
      if (put_up_ != nullptr) put_up_(&place_, false);
    }

   private:
    void (*put_up_)(void*, bool) noexcept;
    void* place_ = nullptr;
  };

  // Which hooks are on, or 0: one relaxed load.
  static std::uint32_t hooks() noexcept {
    return detail::hooks_word.load(std::memory_order_relaxed);
  }
  // Whether anybody wants to see visible operations.
  static bool hooked() noexcept { return hooks() != 0; }

  // Before a visible operation: a scheduler under exploration may switch tasks here.
  static void checkpoint(const detail::visible_op& op) { detail::checkpoint_hooked(op); }

  // After the last operation of an object.
  static void forget(const void* object) noexcept { detail::forget_hooked(object); }

  // Whether waits are recorded in detail::observed_waits.
  static bool observed() noexcept { return detail::hook_is_on(detail::hook_observe); }

  // Whether the tasks of the current runtime are among those that are known to the process.
  static bool counted() noexcept { return !detail::current_runtime()->countless; }

  // Whether locks report to detail::installed_lock_watcher.
  static bool locks_watched() noexcept { return detail::hook_is_on(detail::hook_locks); }
};

static_assert(spawning_runtime<any_runtime>);
static_assert(sizeof(any_runtime::parker) == 16);

}  // namespace lockstep::inline LOCKSTEP_ABI
