// contract.hpp: what happens when the program breaks a rule of the library.
//
// Unlocking an unlocked mutex, a negative wait group, destroying an object with waiters: such
// errors go to one process-wide handler. The default prints the rule, the object, the task and the
// place, and aborts. A handler may throw (tests do); if it returns, the process aborts.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "detail/config.hpp"
#include "site.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

struct contract_violation {
  const char* rule;    // what was broken, as a sentence
  const void* object;  // the object, or null
  const char* task;    // name of the calling task; "" when it has none
  site where;
};

using contract_handler = void (*)(const contract_violation&);

namespace detail {

inline constinit std::atomic<contract_handler> installed_contract_handler{nullptr};

// Name of the running task, installed by the layer that knows tasks.
inline constinit std::atomic<const char* (*)() noexcept> task_name_source{nullptr};

// Hands the violation to the handler; does not return.
[[noreturn]] LOCKSTEP_COLD inline void violated(const char* rule, const void* object, site where) {
  const auto name = task_name_source.load(std::memory_order_acquire);
  const contract_violation v{rule, object, name != nullptr ? name() : "", where};
  if (const auto handler = installed_contract_handler.load(std::memory_order_acquire)) {
    handler(v);
  } else {
    std::fprintf(stderr, "lockstep: broken contract: %s (object %p, task '%s', %s:%u in %s)\n",
                 v.rule, v.object, v.task, where.file, where.line, where.function);
  }
  std::abort();
}

inline void expects(bool held, const char* rule, const void* object, site where) {
  if (!held) [[unlikely]]
    violated(rule, object, where.copy());
}

}  // namespace detail

// Installs a handler and returns the one before it; null stands for the default.
inline contract_handler set_contract_handler(contract_handler handler) noexcept {
  return detail::installed_contract_handler.exchange(handler, std::memory_order_acq_rel);
}

}  // namespace lockstep::inline LOCKSTEP_ABI
