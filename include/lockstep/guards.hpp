// guards.hpp: a lock, held for a scope.
//
//   const lockstep::holding bank_is_mine{bank};
//
// As std::lock_guard, and two things more: reports name the line of the guard, where the standard's
// would name a header of the system (or have to unwind the stack for the line), and clang's
// -Wthread-safety understands them. The names are not the standard's, so that both can be used.
#pragma once

#include "detail/config.hpp"
#include "detail/thread_safety.hpp"
#include "site.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// Holds a mutex.
template <class Mutex>
class [[nodiscard]] LOCKSTEP_SCOPED_CAPABILITY holding {
 public:
  explicit holding(Mutex& m, site where = site::current()) LOCKSTEP_ACQUIRE(m) : mutex_{&m} {
    m.lock(where);
  }
  holding(const holding&) = delete;
  holding& operator=(const holding&) = delete;
  ~holding() LOCKSTEP_RELEASE() { mutex_->unlock(); }

 private:
  Mutex* mutex_;
};

// Holds a shared mutex, shared.
template <class Mutex>
class [[nodiscard]] LOCKSTEP_SCOPED_CAPABILITY holding_shared {
 public:
  explicit holding_shared(Mutex& m, site where = site::current()) LOCKSTEP_ACQUIRE_SHARED(m)
      : mutex_{&m} {
    m.lock_shared(where);
  }
  holding_shared(const holding_shared&) = delete;
  holding_shared& operator=(const holding_shared&) = delete;
  ~holding_shared() LOCKSTEP_RELEASE() { mutex_->unlock_shared(); }

 private:
  Mutex* mutex_;
};

// After the lock was taken in a way that the analysis does not know: it is held from here on.
template <class Mutex>
void assert_held(const Mutex& m) noexcept LOCKSTEP_ASSERT_HELD(m) {
  static_cast<void>(m);
}

}  // namespace lockstep::inline LOCKSTEP_ABI
