// task.hpp: what every runtime knows about a task: its name, its owner, the code it runs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>

#include "../clock.hpp"
#include "../contract.hpp"
#include "../detail/bag.hpp"
#include "../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

// Gets the exceptions that leave detached tasks. A plan instance is one.
class task_owner {
 public:
  virtual void task_failed(std::exception_ptr failure) noexcept = 0;

 protected:
  ~task_owner() = default;
};

// Where tasks are that do not live in real time: a simulation.
struct task_world {
  std::atomic<time_point> time{};  // there; any thread may read it
};

// Identity of a task. Lives as long as the task.
struct task_info {
  task_info() noexcept { name[0] = '\0'; }
  task_info(const task_info&) = delete;
  task_info& operator=(const task_info&) = delete;
  ~task_info() {
    if (leave != nullptr) [[unlikely]]
      leave(*this);
  }

  static constexpr std::size_t name_capacity = 48;
  static constexpr std::uint64_t no_instance = ~std::uint64_t{0};

  char name[name_capacity];
  task_owner* owner = nullptr;
  std::uint64_t instance = no_instance;  // of a plan, to which the task belongs
  bool given_up = false;                 // its runtime ends it: what leaves it is no failure
  std::atomic<const task_world*> world{nullptr};  // null: it lives in real time

  // For reports: never given to another task; 0 until somebody asked for it.
  mutable std::atomic<std::uint64_t> number{0};
  // Of the list of known tasks, for one that is on it.
  void (*leave)(task_info&) noexcept = nullptr;
  std::size_t place = no_place;

  // The name is cut after 47 bytes.
  void rename(const char* text) noexcept {
    std::size_t n = 0;
    for (; n < name_capacity - 1 && text[n] != '\0'; ++n) name[n] = text[n];
    name[n] = '\0';
  }
};

// Thrown by what a task that was given up waits in.
struct task_given_up {};

// The code of a task, on the heap. A runtime's spawn takes ownership, calls run() once on the new
// task with info as the current one, then deletes it.
class task_closure {
 public:
  task_closure() = default;
  task_closure(const task_closure&) = delete;
  task_closure& operator=(const task_closure&) = delete;
  virtual ~task_closure() = default;
  virtual void run() noexcept = 0;

  task_info info;
};

// How to start a task; null stands for the defaults.
struct task_options {
  std::size_t stack_bytes = 0;  // 0: the runtime's default
};

// A visible operation: what a report says of a blocked task, what a scheduler decides on.
struct visible_op {
  const char* verb = "";  // "recv"
  const char* kind = "";  // "channel"
  const void* object = nullptr;
  site where{};
  // Writes more about the object ("'ready': 3 of 5") to text; null: nothing more to say. Must not
  // wait for the object's lock: who calls it may hold one that comes later.
  void (*describe)(const void* object, char* text, std::size_t size) = nullptr;
};

}  // namespace detail
}  // namespace lockstep::inline LOCKSTEP_ABI
