// instance_local.hpp: a variable of which every instance of a plan has its own.
//
//   static lockstep::instance_local<int> tries;   // where a program of one instance has a global
//   ++*tries;
//
// (On fibers and in simulations, many instances share a thread, and so its thread_local variables.)
// The tasks of an instance share its value, without a lock. Tasks of no instance share one as well.
// Values live as long as the variable.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>

#include "../detail/config.hpp"
#include "../runtime/any.hpp"
#include "../runtime/short_lock.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class T>
class instance_local {
 public:
  // Values begin as T{}, or as what make() returns. Each is made by its instance's first use.
  instance_local() : make_{[] { return std::make_unique<T>(); }} {}
  template <class F>
    requires std::is_invocable_r_v<T, F&>
  explicit instance_local(F make)
      : make_{[make = std::move(make)] { return std::make_unique<T>(make()); }} {}
  instance_local(const instance_local&) = delete;
  instance_local& operator=(const instance_local&) = delete;

  // The value of the calling task's instance. O(log instances).
  [[nodiscard]] T& get() {
    const auto* const self = any_runtime::self();
    const void* const instance = self != nullptr ? self->owner : nullptr;
    if (T* const known = find(instance)) return *known;
    auto made = make_();
    const detail::lock_scope hold{lock_};
    return *values_.try_emplace(instance, std::move(made)).first->second;
  }
  [[nodiscard]] T& operator*() { return get(); }
  [[nodiscard]] T* operator->() { return &get(); }

 private:
  T* find(const void* instance) {
    const detail::lock_scope hold{lock_};
    const auto at = values_.find(instance);
    return at != values_.end() ? at->second.get() : nullptr;
  }

  std::function<std::unique_ptr<T>()> make_;
  detail::short_lock lock_;
  std::map<const void*, std::unique_ptr<T>> values_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI
