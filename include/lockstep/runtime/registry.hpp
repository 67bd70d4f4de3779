// registry.hpp: finding a runtime by its name, for programs that choose it at run time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "../detail/config.hpp"
#include "task.hpp"
#include "threads.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// What starts tasks of one runtime, from anywhere.
class task_host {
 public:
  virtual ~task_host() = default;
  // As the runtime's spawn.
  virtual void start(task_closure* closure) = 0;
};

// A runtime that can be asked for by name. Its header adds it through one inline variable.
struct named_runtime {
  const char* name;
  // For tasks that may use about so much stack: plans, which print and throw.
  std::unique_ptr<task_host> (*host)();
  const named_runtime* next = nullptr;
};

class threads_host final : public task_host {
 public:
  void start(task_closure* closure) override { threads_runtime::spawn(closure, &options); }

 private:
  static constexpr task_options options{.stack_bytes = std::size_t{1} << 20U};
};

inline constinit named_runtime threads_by_name{
    "threads", []() -> std::unique_ptr<task_host> { return std::make_unique<threads_host>(); }};
inline constinit const named_runtime* runtimes_by_name = &threads_by_name;

struct runtime_registration {
  explicit runtime_registration(named_runtime& r) noexcept {
    r.next = runtimes_by_name;
    runtimes_by_name = &r;
  }
};

// Null: there is none of the name.
inline const named_runtime* runtime_named(const std::string& name) noexcept {
  const named_runtime* r = runtimes_by_name;
  while (r != nullptr && name != r->name) r = r->next;
  return r;
}

// "fibers, threads"
inline std::string runtime_names() {
  std::string names;
  for (const named_runtime* r = runtimes_by_name; r != nullptr; r = r->next) {
    names += (names.empty() ? "" : ", ") + std::string{r->name};
  }
  return names;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
