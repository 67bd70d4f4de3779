// installed_runtime.hpp: makes a table of functions the runtime of the calling thread for a scope.
#pragma once

#include <lockstep/runtime/any.hpp>
#include <utility>

namespace support {

// The table of threads with some functions replaced:
//   constexpr auto ops = threads_but([](auto& table) { table.name = "mine"; });
template <class Change>
constexpr lockstep::detail::runtime_ops threads_but(Change change) {
  auto ops = lockstep::detail::threads_ops;
  change(ops);
  return ops;
}

class installed_runtime {
 public:
  explicit installed_runtime(const lockstep::detail::runtime_ops& ops) noexcept
      : before_{std::exchange(lockstep::detail::thread_runtime, &ops)} {}
  installed_runtime(const installed_runtime&) = delete;
  ~installed_runtime() { lockstep::detail::thread_runtime = before_; }

 private:
  const lockstep::detail::runtime_ops* before_;
};

}  // namespace support
