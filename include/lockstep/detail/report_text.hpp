// report_text.hpp: what reports call tasks and objects.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "../runtime/any.hpp"
#include "../runtime/task_list.hpp"
#include "blocking.hpp"
#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Who a task is: what outlives it of its task_info, or of the thread that is no task of ours.
struct task_name {
  std::uint64_t number = 0;         // never another's
  const task_info* task = nullptr;  // null: a thread that the library did not start
  long thread = 0;
  std::uint64_t instance = task_info::no_instance;
  std::string name;
  const task_world* world = nullptr;  // null: real time

  static task_name of(const task_info& t) {
    std::uint64_t number = t.number.load(std::memory_order_relaxed);
    if (number == 0) {
      const std::uint64_t mine = next_task_number();
      if (t.number.compare_exchange_strong(number, mine, std::memory_order_relaxed)) number = mine;
    }
    return {number, &t, 0, t.instance, t.name, t.world.load(std::memory_order_relaxed)};
  }
  // A thread that is no task of the library.
  static task_name of_thread(long id, std::uint64_t number = 0) {
    return {number, nullptr, id, task_info::no_instance, "", nullptr};
  }
  // The calling task's.
  static task_name current() {
    if (task_info* const self = any_runtime::self()) return of(*self);
    static thread_local const std::uint64_t number = next_task_number();
    static thread_local const long thread = current_thread_id();
    return of_thread(thread, number);
  }

  // Whether the task is what runs the instance, not one that it started.
  [[nodiscard]] bool is_instance() const {
    return instance != task_info::no_instance && name == "instance " + std::to_string(instance);
  }
  // "instance 2", "task 'reader' of instance 2", "task 'reader'", "task 7", "thread 4711"
  [[nodiscard]] std::string text() const {
    if (task == nullptr) return "thread " + std::to_string(thread);
    if (is_instance()) return name;
    const std::string of =
        instance != task_info::no_instance ? "instance " + std::to_string(instance) : "";
    return "task " + (name.empty() ? std::to_string(number) : "'" + name + "'") +
           (of.empty() ? "" : " of " + of);
  }
};

// "mutex #1": objects of one report are numbered in the order in which they appear.
class object_numbers {
 public:
  std::string text(const std::string& kind, const void* object) {
    const auto number = numbers_.try_emplace(object, numbers_.size() + 1).first->second;
    return kind + " #" + std::to_string(number);
  }

 private:
  std::map<const void*, std::size_t> numbers_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
