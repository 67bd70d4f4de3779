// observer.hpp: who is blocked, for reports and for the verdict "nothing can move any more".
//
// Off by default: operations then only test the hooks word. While observation is on, each wait
// lists a record on the waiter's stack, and waits without a deadline are counted.
// The count is raised inside the critical section that registers the wait, and lowered by whoever
// claims it, before the waiter is woken: a task is counted only while nothing has happened that
// will wake it. So "every task is counted" is never true of a program that can still move.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "../clock.hpp"
#include "../detail/bag.hpp"
#include "../detail/config.hpp"
#include "call_frames.hpp"
#include "short_lock.hpp"
#include "task.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The token of a wait that nobody has claimed; the second one is counted as blocked for ever.
enum : int { waiting = -1, waiting_counted = -4 };
[[nodiscard]] constexpr bool is_waiting(int token) noexcept {
  return token == waiting || token == waiting_counted;
}

// What time it is for reports: for a simulated task that of its world, whatever its own clock shows.
template <class R>
[[nodiscard]] time_point observed_now() noexcept {
  const task_info* const self = R::self();
  const task_world* const world =
      self != nullptr ? self->world.load(std::memory_order_relaxed) : nullptr;
  return world != nullptr ? world->time.load(std::memory_order_relaxed) : R::now();
}

// One blocked operation, while observation is on. Lives in the frame of the wait.
struct blocked_record {
  visible_op op;
  const task_info* task = nullptr;  // null: a thread that the library did not start
  long thread_id = 0;
  time_point since{};
  bool forever = false;  // without a deadline
  call_frames frames;
  const std::atomic<int>* fired = nullptr;
  std::size_t place = no_place;  // among the observed waits
};

class blocked_tasks {
 public:
  // Lists the record, unless there is no memory for that.
  void add(blocked_record& r) noexcept {
    const lock_scope hold{lock_};
    static_cast<void>(records_.put(r));
  }

  // One more task waits for ever. Inside the section that registers its wait.
  void count() noexcept {
    forever_.fetch_add(1, std::memory_order_acq_rel);
    changes_.fetch_add(1, std::memory_order_acq_rel);
  }

  // The claimer's part, before it wakes the waiter.
  void uncount() noexcept {
    forever_.fetch_sub(1, std::memory_order_acq_rel);
    changes_.fetch_add(1, std::memory_order_acq_rel);
  }

  // The waiter's part, after it woke.
  void remove(blocked_record& r) noexcept {
    const lock_scope hold{lock_};
    records_.take(r);
  }

  // Tasks that wait without a deadline and have not been claimed.
  [[nodiscard]] std::int64_t blocked_for_ever() const noexcept {
    return forever_.load(std::memory_order_acquire);
  }
  // Moves with every wait and wake: equal before and after means that nothing happened between.
  [[nodiscard]] std::uint64_t changes() const noexcept {
    return changes_.load(std::memory_order_acquire);
  }

  // Calls f(record) for each wait not yet claimed, under the list's lock.
  template <class F>
  void for_each(F f) {
    const lock_scope hold{lock_};
    records_.for_each([&f](const blocked_record& r) {
      if (is_waiting(r.fired->load(std::memory_order_acquire))) f(r);
    });
  }

 private:
  short_lock lock_;
  std::atomic<std::int64_t> forever_{0};
  std::atomic<std::uint64_t> changes_{0};
  bag<blocked_record> records_;
};

inline constinit immortal<blocked_tasks> all_observed_waits{};
inline constinit blocked_tasks& observed_waits = all_observed_waits.it;

// Threads of the library's own in this process, which never wake a task of the program.
inline constinit std::atomic<std::int64_t> helper_threads{0};

// Tasks that are no threads: whoever has such is a source, while it has.
struct task_source {
  std::uint64_t (*alive)(const task_source&) noexcept;  // tasks that have not ended
  task_source* next = nullptr;
};

class task_sources {
 public:
  void add(task_source& s) noexcept {
    const lock_scope hold{lock_};
    s.next = head_;
    head_ = &s;
  }
  void remove(task_source& s) noexcept {
    const lock_scope hold{lock_};
    task_source** at = &head_;
    while (*at != &s) at = &(*at)->next;
    *at = s.next;
  }
  [[nodiscard]] std::int64_t alive() noexcept {
    const lock_scope hold{lock_};
    std::uint64_t sum = 0;
    for (const task_source* s = head_; s != nullptr; s = s->next) sum += s->alive(*s);
    return static_cast<std::int64_t>(sum);
  }

 private:
  short_lock lock_;
  task_source* head_ = nullptr;
};

inline constinit task_sources unthreaded_tasks{};

// The hooks word: what visible operations on `any` have to do beyond their work. Each hook has a
// field of 10 bits, which counts the scopes that want it. The lowest two bits stay free: a word that
// uses only these never equals the hooks word while a hook is on (mutex.hpp).
enum : std::uint32_t {
  hook_observe = 1U << 2U,      // waits and tasks are recorded
  hook_checkpoint = 1U << 12U,  // a scheduler decides before each operation
  hook_locks = 1U << 22U,       // locks say who takes them, and where
};
inline constinit std::atomic<std::uint32_t> hooks_word{0};

[[nodiscard]] inline bool hook_is_on(std::uint32_t hook) noexcept {
  return (hooks_word.load(std::memory_order_relaxed) & (hook * 0x3ffU)) != 0;
}

// Turns hooks on for a scope: one, or the sum of several. Scopes may nest and overlap.
class [[nodiscard]] hook_scope {
 public:
  explicit hook_scope(std::uint32_t hooks) noexcept : hooks_{hooks} {
    hooks_word.fetch_add(hooks_, std::memory_order_acq_rel);
  }
  hook_scope(const hook_scope&) = delete;
  hook_scope& operator=(const hook_scope&) = delete;
  ~hook_scope() { hooks_word.fetch_sub(hooks_, std::memory_order_acq_rel); }

 private:
  std::uint32_t hooks_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
