// registry.hpp: finding a runtime by its name, for programs that choose it at run time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "task.hpp"
#include "threads.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct wait_report;

// What a host may be asked for; 0 stands for its defaults.
struct host_options {
  std::uint64_t seed = 0;
  std::size_t stack_bytes = 0;
  std::uint64_t most_steps = 0;
  std::vector<std::uint64_t>* record = nullptr;         // of what a simulation did, step by step
  const std::vector<std::uint64_t>* compare = nullptr;  // a record that it has to repeat
  std::string trace;                                    // the file that is to show what it did
  duration clock_offset{};                              // of instances' clocks, at most, either way
  std::int64_t clock_drift_ppm = 0;                     // likewise, in a second, in microseconds
};

// What starts tasks of one runtime, from anywhere.
class task_host {
 public:
  virtual ~task_host() = default;
  // As the runtime's spawn.
  virtual void start(task_closure* closure) = 0;
  // Says that so many tasks will be started. Throws error{unavailable}, which says how many can be, if
  // there is no memory for them.
  virtual void expect(std::uint64_t /*tasks*/) {}
  // By the clock of its tasks.
  [[nodiscard]] virtual time_point now() const noexcept { return threads_runtime::now(); }

  // Hosts whose tasks run only inside run(), on the calling thread, until all have ended ("") or none
  // can go on: says why. Gives up at a point in real time.
  [[nodiscard]] virtual bool runs_tasks() const noexcept { return false; }
  virtual std::string run(time_point /*until*/) { return ""; }
  // Tells what the tasks that are left do.
  virtual void left(wait_report&) const {}
  // Asks run() to return before more time passes, though tasks may be left.
  virtual void stop() {}
  // The same at once: tasks want each other's locks. (If other tasks release these, that is no
  // deadlock; a simulation counts on it that who takes a lock releases it.)
  virtual void halt() {}
  // Ends the tasks that are left.
  virtual void give_up() {}
  // Whether the run was to repeat another one, and did not.
  [[nodiscard]] virtual bool diverged() const noexcept { return false; }
  // How far the run got, in words, with a newline, if that can be told. Any thread.
  [[nodiscard]] virtual std::string progress() const { return ""; }
  // What the run came to, in words, if there is more to say than the time it took.
  [[nodiscard]] virtual std::string summary() const { return ""; }
};

// A runtime that can be asked for by name. Its header adds it through one inline variable.
struct named_runtime {
  const char* name;
  std::unique_ptr<task_host> (*host)(const host_options&);
  const named_runtime* next = nullptr;
};

class threads_host final : public task_host {
 public:
  explicit threads_host(const host_options& o) : options_{.stack_bytes = o.stack_bytes} {
    if (o.stack_bytes == 0) options_.stack_bytes = std::size_t{1} << 20U;  // plans print and throw
  }
  void start(task_closure* closure) override { threads_runtime::spawn(closure, &options_); }

 private:
  task_options options_;
};

template <class Host>
std::unique_ptr<task_host> make_host(const host_options& o) {
  return std::make_unique<Host>(o);
}

inline constinit named_runtime threads_by_name{"threads", &make_host<threads_host>};
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
